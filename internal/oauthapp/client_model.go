package oauthapp

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
	"github.com/openpsd2/terraform-provider-bunq/internal/tfdiag"
)

// clientKind is the one client of a user.
var clientKind = kind{
	name:   "bunq_oauth_client",
	noun:   "client",
	ids:    []member{ofUser, {"id", "OAUTH_CLIENT_ID", "ID of the OAuth client (not its client_id)."}},
	unread: func(ids []string) any { return newClientModel(ids[0], ids[1]) },
	title:  "OAuth client",
	rule:   "bunq allows one active OAuth client per user",
	harm:   "cancel it, which ends the connections of all its end users",
}

type clientModel struct {
	object
	AdoptExisting      types.Bool   `tfsdk:"adopt_existing"`
	DeletionProtection types.Bool   `tfsdk:"deletion_protection"`
	ClientID           types.String `tfsdk:"client_id"`
	ClientSecret       types.String `tfsdk:"client_secret"`
	Status             types.String `tfsdk:"status"`
}

// newClientModel returns what an import and a list have of a client that was not read.
func newClientModel(user, id string) *clientModel {
	return &clientModel{object: newObject(user, id), AdoptExisting: types.BoolValue(false), DeletionProtection: types.BoolValue(true)}
}

// fromAPI stores what bunq returned for the client.
func (m *clientModel) fromAPI(c *bunq.OAuthClient) {
	m.ID = idValue(c.ID)
	m.ClientID = providerdata.StringOrNull(c.ClientID)
	m.ClientSecret = providerdata.StringOrNull(c.Secret.Reveal())
	m.Status = providerdata.StringOrNull(c.Status)
}

// key names the client as an import does.
func (m *clientModel) key() string { return m.UserID.ValueString() + "/" + m.ID.ValueString() }

func (m *clientModel) cancelled() bool { return isCancelled(m.Status.ValueString()) }

// isCancelled reports whether a client with that status can no longer be used.
func isCancelled(status string) bool {
	return status == bunq.ClientCancelled || status == bunq.ClientCancelledPending
}

// reportProtected reports a destroy or a replacement of a protected client. A replacement is planned
// without its IDs.
func (m *clientModel) reportProtected(diags *diag.Diagnostics) {
	which := "the OAuth client"
	if m.ID.ValueString() != "" {
		which = fmt.Sprintf("OAuth client %s of bunq user %s", m.ID.ValueString(), m.UserID.ValueString())
	}
	diags.AddAttributeError(path.Root("deletion_protection"), "The OAuth client is protected", fmt.Sprintf(
		"This would cancel %s, which ends the connections of all its end users and cannot be undone. Nothing was sent.\n\n"+
			"Next step:%s", which, tfdiag.Steps(
			"if the resource was renamed or moved, add a moved block (from = the old address, to = the new one)",
			"if it is being replaced, apply without -replace, or run terraform untaint bunq_oauth_client.NAME",
			"to remove it from the state and keep the client, use a removed block (destroy = false)",
			"to cancel the client for good, set deletion_protection = false and apply, then destroy",
		)))
}

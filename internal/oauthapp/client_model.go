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

type clientModel struct {
	ID                 types.String `tfsdk:"id"`
	APIContext         types.Object `tfsdk:"api_context"`
	AdoptExisting      types.Bool   `tfsdk:"adopt_existing"`
	DeletionProtection types.Bool   `tfsdk:"deletion_protection"`
	UserID             types.String `tfsdk:"user_id"`
	ClientID           types.String `tfsdk:"client_id"`
	ClientSecret       types.String `tfsdk:"client_secret"`
	Status             types.String `tfsdk:"status"`
}

// clientIdentity identifies a client at bunq.
type clientIdentity struct {
	UserID types.String `tfsdk:"user_id"`
	ID     types.String `tfsdk:"id"`
}

func (m *clientModel) identity() clientIdentity { return clientIdentity{UserID: m.UserID, ID: m.ID} }

// setIDs stores what identifies the client, as soon as bunq has returned it.
func (m *clientModel) setIDs(user, id int64) {
	m.UserID = types.StringValue(providerdata.FormatID(user))
	m.ID = types.StringValue(providerdata.FormatID(id))
}

// fromAPI stores what bunq returned for the client.
func (m *clientModel) fromAPI(c *bunq.OAuthClient) {
	m.ID = types.StringValue(providerdata.FormatID(c.ID))
	m.ClientID = providerdata.StringOrNull(c.ClientID)
	m.ClientSecret = providerdata.StringOrNull(c.Secret.Reveal())
	m.Status = providerdata.StringOrNull(c.Status)
}

// setUnread sets what was not read yet to null: a later read fills it in.
func (m *clientModel) setUnread() {
	m.ClientID, m.ClientSecret, m.Status = types.StringNull(), types.StringNull(), types.StringNull()
}

// object names the client as an import does.
func (m *clientModel) object() string { return m.UserID.ValueString() + "/" + m.ID.ValueString() }

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

package lookup

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
)

type secretModel struct {
	APIContext   types.Object `tfsdk:"api_context"`
	ID           types.String `tfsdk:"id"`
	UserID       types.String `tfsdk:"user_id"`
	ClientID     types.String `tfsdk:"client_id"`
	ClientSecret types.String `tfsdk:"client_secret"`
}

// NewOAuthClientEphemeralResource returns ephemeral.bunq_oauth_client: the secret of a client, for
// those who hand it on and do not want it in another state.
func NewOAuthClientEphemeralResource() ephemeral.EphemeralResource {
	return &ephemeralResource[secretModel]{
		name: "oauth_client",
		about: "The `client_id` and `client_secret` of a user's OAuth client, which neither state nor plan of this configuration ever holds: to write them into " +
			"a secret store by a write-only argument, where another configuration manages the client. (The state of a `bunq_oauth_client` resource holds its secret anyway.) " +
			"A user without an active client is an error.",
		attributes: map[string]schema.Attribute{
			"id":            schema.StringAttribute{Optional: true, Computed: true, MarkdownDescription: aboutClientID, Validators: isID(providerdata.NotTheClientID)},
			"user_id":       schema.StringAttribute{Computed: true, MarkdownDescription: "ID of the bunq user that the client belongs to."},
			"client_id":     schema.StringAttribute{Computed: true, MarkdownDescription: "The `client_id` of OAuth."},
			"client_secret": schema.StringAttribute{Computed: true, Sensitive: true, MarkdownDescription: "The `client_secret` of OAuth."},
		},
		open: openClient,
	}
}

func openClient(ctx context.Context, _ *providerdata.Data, a *providerdata.Access, m *secretModel, diags *diag.Diagnostics) error {
	found, user, err := clientOf(ctx, a.Calls, m.ID, diags)
	if found == nil {
		return err
	}

	m.ID = idOf(found.ID)
	m.UserID = idOf(user.ID)
	m.ClientID = providerdata.StringOrNull(found.ClientID)
	m.ClientSecret = providerdata.StringOrNull(found.Secret.Reveal())
	return nil
}

package lookup

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
	"github.com/openpsd2/terraform-provider-bunq/internal/tfdiag"
)

var _ ephemeral.EphemeralResourceWithConfigure = (*OAuthClientEphemeralResource)(nil)

const ephemeralClientBlock = "ephemeral.bunq_oauth_client"

// OAuthClientEphemeralResource is ephemeral.bunq_oauth_client: the secret of a client, for those
// who hand it on and do not want it in another state.
type OAuthClientEphemeralResource struct {
	ephemeralBase
}

type ephemeralClientModel struct {
	APIContext   types.Object `tfsdk:"api_context"`
	ID           types.String `tfsdk:"id"`
	UserID       types.String `tfsdk:"user_id"`
	ClientID     types.String `tfsdk:"client_id"`
	ClientSecret types.String `tfsdk:"client_secret"`
}

// NewOAuthClientEphemeralResource returns the ephemeral resource for the provider's list.
func NewOAuthClientEphemeralResource() ephemeral.EphemeralResource {
	return &OAuthClientEphemeralResource{}
}

// Metadata names the ephemeral resource.
func (*OAuthClientEphemeralResource) Metadata(_ context.Context, req ephemeral.MetadataRequest, resp *ephemeral.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_oauth_client"
}

// Schema describes the ephemeral resource.
func (*OAuthClientEphemeralResource) Schema(_ context.Context, _ ephemeral.SchemaRequest, resp *ephemeral.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "The `client_id` and `client_secret` of a user's OAuth client, which neither state nor plan of this configuration ever holds: to write them into " +
			"a secret store by a write-only argument, where another configuration manages the client. (The state of a `bunq_oauth_client` resource holds its secret anyway.) " +
			"A user without an active client is an error.",
		Attributes: map[string]schema.Attribute{
			"api_context": ephemeralAPIContext(),
			"id": schema.StringAttribute{
				Optional: true, Computed: true,
				MarkdownDescription: "ID of the client, which is not the `client_id`. If omitted, the user's active client is found. One that does not exist, or was cancelled, is an error.",
				Validators:          []validator.String{stringvalidator.RegexMatches(providerdata.IDPattern, aboutIDs)},
			},
			"user_id":       schema.StringAttribute{Computed: true, MarkdownDescription: "ID of the bunq user that the client belongs to."},
			"client_id":     schema.StringAttribute{Computed: true, MarkdownDescription: "The `client_id` of OAuth."},
			"client_secret": schema.StringAttribute{Computed: true, Sensitive: true, MarkdownDescription: "The `client_secret` of OAuth."},
		},
	}
}

// Open reads the client. Nothing is to be closed.
func (r *OAuthClientEphemeralResource) Open(ctx context.Context, req ephemeral.OpenRequest, resp *ephemeral.OpenResponse) {
	ctx, done := r.data.Operation(ctx, ephemeralClientBlock+": open", &resp.Diagnostics)
	defer done()

	var m ephemeralClientModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	id := number(m.ID, path.Root("id"), &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	a := access(ctx, r.data, ephemeralClientBlock, m.APIContext, &resp.Diagnostics)
	if a == nil {
		return
	}

	failed := tfdiag.Failure{Summary: ephemeralClientBlock + " cannot be opened", State: "nothing was stored, and nothing was changed at bunq."}
	user, err := a.Calls.User(ctx)
	if err != nil {
		failed.Error(&resp.Diagnostics, err)
		return
	}
	found, err := clientOf(ctx, a.Calls, user, id, &resp.Diagnostics)
	if err != nil {
		failed.Error(&resp.Diagnostics, err)
	}
	if found == nil {
		return
	}

	m.ID = types.StringValue(providerdata.FormatID(found.ID))
	m.UserID = types.StringValue(providerdata.FormatID(user.ID))
	m.ClientID = providerdata.StringOrNull(found.ClientID)
	m.ClientSecret = providerdata.StringOrNull(found.Secret.Reveal())
	resp.Diagnostics.Append(resp.Result.Set(ctx, &m)...)
}

package lookup

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
)

var _ datasource.DataSourceWithConfigure = (*OAuthClientDataSource)(nil)

const clientBlock = "data.bunq_oauth_client"

// OAuthClientDataSource is data.bunq_oauth_client: the OAuth client of a user.
type OAuthClientDataSource struct {
	base
}

type clientModel struct {
	APIContext    types.Object `tfsdk:"api_context"`
	ID            types.String `tfsdk:"id"`
	IncludeSecret types.Bool   `tfsdk:"include_secret"`
	UserID        types.String `tfsdk:"user_id"`
	ClientID      types.String `tfsdk:"client_id"`
	ClientSecret  types.String `tfsdk:"client_secret"`
	Status        types.String `tfsdk:"status"`
	CallbackURLs  types.List   `tfsdk:"callback_urls"`
}

type callbackRow struct {
	ID  types.String `tfsdk:"id"`
	URL types.String `tfsdk:"url"`
}

func callbackTypes() map[string]attr.Type {
	return map[string]attr.Type{"id": types.StringType, "url": types.StringType}
}

// NewOAuthClientDataSource returns the data source for the provider's list.
func NewOAuthClientDataSource() datasource.DataSource { return &OAuthClientDataSource{} }

// Metadata names the data source.
func (*OAuthClientDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_oauth_client"
}

// Schema describes the data source.
func (*OAuthClientDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "The active OAuth client of a bunq user, with its callback URLs (`GET /user/{id}/oauth-client`): for configurations that use a client which " +
			"another one manages, and for the IDs that an import needs. A user without an active client is an error.",
		Attributes: map[string]schema.Attribute{
			"api_context": dataAPIContext(),
			"id":          idAttribute("ID of the client, which is not the `client_id`. If omitted, the user's active client is found. One that does not exist, or was cancelled, is an error."),
			"include_secret": schema.BoolAttribute{
				Optional:            true,
				MarkdownDescription: "Store `client_secret` as well, in this configuration's state and saved plans. `false` if omitted. To hand it on, use the ephemeral `bunq_oauth_client`, which stores it nowhere.",
			},
			"user_id":   schema.StringAttribute{Computed: true, MarkdownDescription: "ID of the bunq user that the client belongs to."},
			"client_id": schema.StringAttribute{Computed: true, MarkdownDescription: "The `client_id` of OAuth."},
			"client_secret": schema.StringAttribute{
				Computed: true, Sensitive: true, MarkdownDescription: "The `client_secret` of OAuth; null without `include_secret`.",
			},
			"status": schema.StringAttribute{Computed: true, MarkdownDescription: "`ACTIVE`."},
			"callback_urls": schema.ListNestedAttribute{
				Computed: true, MarkdownDescription: "The callback URLs of the client, in bunq's order.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"id":  schema.StringAttribute{Computed: true, MarkdownDescription: "ID of the callback URL."},
					"url": schema.StringAttribute{Computed: true, MarkdownDescription: "The URL."},
				}},
			},
		},
	}
}

// Read reads the client that is named, else all of the user.
func (d *OAuthClientDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	ctx, done := d.data.Operation(ctx, clientBlock+": read", &resp.Diagnostics)
	defer done()

	var m clientModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	id := number(m.ID, path.Root("id"), &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	a := access(ctx, d.data, clientBlock, m.APIContext, &resp.Diagnostics)
	if a == nil {
		return
	}

	user, err := a.Calls.User(ctx)
	if err != nil {
		unread(clientBlock).Error(&resp.Diagnostics, err)
		return
	}
	found, err := clientOf(ctx, a.Calls, user, id, &resp.Diagnostics)
	if err != nil {
		unread(clientBlock).Error(&resp.Diagnostics, err)
	}
	if found == nil {
		return
	}

	rows := make([]callbackRow, len(found.CallbackURLs))
	for i, u := range found.CallbackURLs {
		rows[i] = callbackRow{ID: types.StringValue(providerdata.FormatID(u.ID)), URL: types.StringValue(u.URL)}
	}
	m.ID = types.StringValue(providerdata.FormatID(found.ID))
	m.UserID = types.StringValue(providerdata.FormatID(user.ID))
	m.ClientID = providerdata.StringOrNull(found.ClientID)
	if m.IncludeSecret.ValueBool() {
		m.ClientSecret = providerdata.StringOrNull(found.Secret.Reveal())
	}
	m.Status = types.StringValue(found.Status)
	m.CallbackURLs = listOf(ctx, callbackTypes(), rows, &resp.Diagnostics)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

// clientOf returns the active client: the one with that ID, or the user's if it is 0. If there
// is none, it adds an error and returns nil.
func clientOf(ctx context.Context, calls *bunq.UserClient, user bunq.User, id int64, diags *diag.Diagnostics) (*bunq.OAuthClient, error) {
	if id == 0 {
		all, err := calls.OAuthClients(ctx)
		if err != nil {
			return nil, err
		}
		for i := range all {
			if all[i].Status == bunq.StatusActive {
				return &all[i], nil
			}
		}
		reportNoClient(user, all, diags)
		return nil, nil
	}

	found, err := calls.OAuthClient(ctx, id)
	switch {
	case bunq.IsNotFound(err):
		diags.AddAttributeError(path.Root("id"), "There is no such OAuth client", fmt.Sprintf(
			"bunq user %d (%s) has no OAuth client %d. Clients of other users cannot be read with this API context. (The ID of a client is not its client_id.)\n\n"+
				"Next step: omit id to find the user's active client, or use the api_context of the user that has it.", user.ID, user.DisplayName, id))
		return nil, nil
	case err != nil:
		return nil, err
	case found.Status != bunq.StatusActive:
		diags.AddAttributeError(path.Root("id"), "The OAuth client was cancelled", fmt.Sprintf(
			"bunq lists OAuth client %d of user %d as %s: its client_id and secret are of no more use, and it cannot be made active again.\n\n"+
				"Next step: omit id to find the user's active client, or declare a bunq_oauth_client, which makes another one.", id, user.ID, found.Status))
		return nil, nil
	}
	return found, nil
}

func reportNoClient(user bunq.User, cancelled []bunq.OAuthClient, diags *diag.Diagnostics) {
	detail := fmt.Sprintf("bunq user %d (%s) has no active OAuth client.", user.ID, user.DisplayName)
	if len(cancelled) > 0 {
		var list []string
		for _, c := range cancelled {
			list = append(list, fmt.Sprintf("%d (%s)", c.ID, c.Status))
		}
		detail = fmt.Sprintf("bunq user %d (%s) has no active OAuth client; bunq lists %s, which cannot be made active again.", user.ID, user.DisplayName, strings.Join(list, ", "))
	}
	diags.AddError("The user has no OAuth client", detail+"\n\n"+
		"Next step: declare a bunq_oauth_client, which makes one. To read the client that this configuration makes, set id = bunq_oauth_client.NAME.id.")
}

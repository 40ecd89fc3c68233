package lookup

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
)

const aboutClientID = "ID of the client, which is not the `client_id`. If omitted, the user's active client is found. One that does not exist, or was cancelled, is an error."

type clientModel struct {
	APIContext    types.Object  `tfsdk:"api_context"`
	ID            types.String  `tfsdk:"id"`
	IncludeSecret types.Bool    `tfsdk:"include_secret"`
	UserID        types.String  `tfsdk:"user_id"`
	ClientID      types.String  `tfsdk:"client_id"`
	ClientSecret  types.String  `tfsdk:"client_secret"`
	Status        types.String  `tfsdk:"status"`
	CallbackURLs  []callbackRow `tfsdk:"callback_urls"`
}

type callbackRow struct {
	ID  types.String `tfsdk:"id"`
	URL types.String `tfsdk:"url"`
}

// NewOAuthClientDataSource returns data.bunq_oauth_client: the OAuth client of a user.
func NewOAuthClientDataSource() datasource.DataSource {
	return &dataSource[clientModel]{
		name: "oauth_client",
		about: "The active OAuth client of a bunq user, with its callback URLs (`GET /user/{id}/oauth-client`): for configurations that use a client which " +
			"another one manages, and for the IDs that an import needs. A user without an active client is an error.",
		attributes: map[string]schema.Attribute{
			"id": schema.StringAttribute{Optional: true, Computed: true, MarkdownDescription: aboutClientID, Validators: isID(providerdata.NotTheClientID)},
			"include_secret": schema.BoolAttribute{
				Optional:            true,
				MarkdownDescription: "Store `client_secret` as well, in this configuration's state and saved plans. `false` if omitted. To hand it on, use the ephemeral `bunq_oauth_client`, which stores it nowhere.",
			},
			"user_id":   text("ID of the bunq user that the client belongs to."),
			"client_id": text("The `client_id` of OAuth."),
			"client_secret": schema.StringAttribute{
				Computed:            true,
				Sensitive:           true,
				MarkdownDescription: "The `client_secret` of OAuth; null without `include_secret`.",
			},
			"status": text("`ACTIVE`."),
			"callback_urls": list("The callback URLs of the client, in bunq's order.", map[string]schema.Attribute{
				"id":  text("ID of the callback URL."),
				"url": text("The URL."),
			}),
		},
		read: readClient,
	}
}

func readClient(ctx context.Context, calls *bunq.UserClient, m *clientModel, diags *diag.Diagnostics) error {
	found, user, err := clientOf(ctx, calls, m.ID, diags)
	if found == nil {
		return err
	}

	m.ID = idOf(found.ID)
	m.UserID = idOf(user.ID)
	m.ClientID = providerdata.StringOrNull(found.ClientID)
	if m.IncludeSecret.ValueBool() {
		m.ClientSecret = providerdata.StringOrNull(found.Secret.Reveal())
	}
	m.Status = types.StringValue(found.Status)
	m.CallbackURLs = make([]callbackRow, len(found.CallbackURLs))
	for i, u := range found.CallbackURLs {
		m.CallbackURLs[i] = callbackRow{ID: idOf(u.ID), URL: types.StringValue(u.URL)}
	}
	return nil
}

// clientOf returns the active client, and its user: the one with the configured ID, or the user's
// if that is null. If there is none, it adds an error and returns nil.
func clientOf(ctx context.Context, calls *bunq.UserClient, configured types.String, diags *diag.Diagnostics) (*bunq.OAuthClient, bunq.User, error) {
	at := path.Root("id")
	id := number(configured)
	user, err := calls.User(ctx)
	if err != nil {
		return nil, user, err
	}
	if id == 0 {
		found, err := activeClient(ctx, calls, user, diags)
		return found, user, err
	}

	found, err := calls.OAuthClient(ctx, id)
	switch {
	case bunq.IsNotFound(err):
		diags.AddAttributeError(at, "There is no such OAuth client", fmt.Sprintf(
			"bunq user %d (%s) has no OAuth client %d. Clients of other users cannot be read with this API context. (The ID of a client is not its client_id.)\n\n"+
				"Next step: omit id to find the user's active client, or use the api_context of the user that has it.", user.ID, user.DisplayName, id))
		return nil, user, nil
	case err != nil:
		return nil, user, err
	case found.Status != bunq.StatusActive:
		diags.AddAttributeError(at, "The OAuth client was cancelled", fmt.Sprintf(
			"bunq lists OAuth client %d of user %d as %s: its client_id and secret are of no more use, and it cannot be made active again.\n\n"+
				"Next step: omit id to find the user's active client, or declare a bunq_oauth_client, which makes another one.", id, user.ID, found.Status))
		return nil, user, nil
	}
	return found, user, nil
}

// activeClient returns the one active client of the user; nil, and an error in diags, if there is none.
func activeClient(ctx context.Context, calls *bunq.UserClient, user bunq.User, diags *diag.Diagnostics) (*bunq.OAuthClient, error) {
	all, err := calls.OAuthClients(ctx)
	if err != nil {
		return nil, err
	}

	var cancelled []string
	for _, c := range all {
		if c.Status == bunq.StatusActive {
			return &c, nil
		}
		cancelled = append(cancelled, fmt.Sprintf("%d (%s)", c.ID, c.Status))
	}

	detail := fmt.Sprintf("bunq user %d (%s) has no active OAuth client", user.ID, user.DisplayName)
	if len(cancelled) > 0 {
		detail += "; bunq lists " + strings.Join(cancelled, ", ") + ", which cannot be made active again"
	}
	diags.AddError("The user has no OAuth client", detail+".\n\n"+
		"Next step: declare a bunq_oauth_client, which makes one. To read the client that this configuration makes, set id = bunq_oauth_client.NAME.id.")
	return nil, nil
}

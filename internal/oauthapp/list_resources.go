package oauthapp

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
	"github.com/openpsd2/terraform-provider-bunq/internal/tfdiag"
)

var (
	_ list.ListResourceWithConfigure = (*ClientListResource)(nil)
	_ list.ListResourceWithConfigure = (*CallbackURLListResource)(nil)
)

// ClientListResource lists the OAuth clients that a user has, for terraform query.
// What names a client is the resource's own.
type ClientListResource struct {
	ClientResource
}

// CallbackURLListResource lists the callback URLs of an OAuth client.
type CallbackURLListResource struct {
	CallbackURLResource
}

// NewClientListResource makes the list resource for the provider's list.
func NewClientListResource() list.ListResource { return &ClientListResource{} }

// NewCallbackURLListResource makes the list resource for the provider's list.
func NewCallbackURLListResource() list.ListResource { return &CallbackURLListResource{} }

type callbackListModel struct {
	OAuthClientID types.String `tfsdk:"oauth_client_id"`
}

const aboutQuery = "For `terraform query` (Terraform 1.14 and newer), which writes import blocks and configuration for what it finds. bunq is called with the API context of the " +
	"provider block (`api_context` or `context_file`); a list block has none of its own, since `terraform query -json` prints what it is given. The configuration " +
	"that it writes has no `api_context` either: add it, or let the provider block have one.\n\n" +
	"This is tested at the level of Terraform's plugin protocol, not yet with that command."

// ListResourceConfigSchema describes the list block.
func (l *ClientListResource) ListResourceConfigSchema(_ context.Context, _ list.ListResourceSchemaRequest, resp *list.ListResourceSchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Lists the active OAuth client of a bunq user, if there is one. Cancelled ones cannot be used again, and are left out. " +
			"`client_secret` is null in what it lists, since `terraform query -json` prints it; an import reads it.\n\n" + aboutQuery,
	}
}

// ListResourceConfigSchema describes the list block.
func (l *CallbackURLListResource) ListResourceConfigSchema(_ context.Context, _ list.ListResourceSchemaRequest, resp *list.ListResourceSchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Lists the callback URLs of an OAuth client.\n\n" + aboutQuery,
		Attributes: map[string]schema.Attribute{
			"oauth_client_id": schema.StringAttribute{
				Optional: true, MarkdownDescription: "ID of the client (not its `client_id`). If omitted, the user's active client.",
				Validators: []validator.String{stringvalidator.RegexMatches(providerdata.IDPattern, "must be the ID of the client, which is not the client_id of OAuth")},
			},
		},
	}
}

// List asks bunq for the clients of the user.
func (l *ClientListResource) List(ctx context.Context, req list.ListRequest, stream *list.ListResultsStream) {
	var diags diag.Diagnostics
	ctx, done := l.Data.Operation(ctx, "bunq_oauth_client: list", &diags)
	defer done()

	user, clients := activeClients(ctx, l.Data, "", "bunq_oauth_client", &diags)
	if diags.HasError() {
		stream.Results = list.ListResultsStreamDiagnostics(diags)
		return
	}

	var results []list.ListResult
	for _, c := range clients {
		one := clientModel{APIContext: noContext(), AdoptExisting: types.BoolValue(false), DeletionProtection: types.BoolValue(true)}
		one.setIDs(user.ID, c.ID)
		one.fromAPI(&c)
		one.ClientSecret = types.StringNull() // terraform query -json prints it
		name := fmt.Sprintf("OAuth client %d of bunq user %d (%s)", c.ID, user.ID, user.DisplayName)
		results = append(results, result(ctx, req, name, one.identity(), &one))
	}
	stream.Results = upTo(req.Limit, results)
}

// List asks bunq for the client with its callback URLs.
func (l *CallbackURLListResource) List(ctx context.Context, req list.ListRequest, stream *list.ListResultsStream) {
	var diags diag.Diagnostics
	ctx, done := l.Data.Operation(ctx, "bunq_oauth_callback_url: list", &diags)
	defer done()

	var m callbackListModel
	diags.Append(req.Config.Get(ctx, &m)...)
	user, clients := activeClients(ctx, l.Data, m.OAuthClientID.ValueString(), "bunq_oauth_callback_url", &diags)
	if diags.HasError() {
		stream.Results = list.ListResultsStreamDiagnostics(diags)
		return
	}

	var results []list.ListResult
	for _, c := range clients {
		for _, u := range c.CallbackURLs {
			one := callbackModel{APIContext: noContext(), UserID: types.StringValue(providerdata.FormatID(user.ID)), OAuthClientID: types.StringValue(providerdata.FormatID(c.ID))}
			one.fromAPI(u)
			results = append(results, result(ctx, req, u.URL, one.identity(), &one))
		}
	}
	stream.Results = upTo(req.Limit, results)
}

// activeClients returns the user's clients that are not cancelled, or the one with
// that id.
func activeClients(ctx context.Context, data *providerdata.Data, id, what string, diags *diag.Diagnostics) (bunq.User, []bunq.OAuthClient) {
	if diags.HasError() {
		return bunq.User{}, nil
	}
	access, more := data.Access(ctx, noContext(), apiContextPath)
	diags.Append(more...)
	if more.HasError() {
		return bunq.User{}, nil
	}

	failed := tfdiag.Failure{Summary: what + " cannot be listed", State: "nothing was stored, and nothing was changed at bunq."}
	user, err := access.Calls.User(ctx)
	var all []bunq.OAuthClient
	if err == nil {
		all, err = access.Calls.OAuthClients(ctx)
	}
	if err != nil {
		failed.Error(diags, err)
		return user, nil
	}

	var active []bunq.OAuthClient
	for _, c := range all {
		if !isCancelled(c.Status) && (id == "" || id == providerdata.FormatID(c.ID)) {
			active = append(active, c)
		}
	}
	if id != "" && len(active) == 0 {
		diags.AddAttributeError(path.Root("oauth_client_id"), "There is no such OAuth client", fmt.Sprintf(
			"bunq user %d (%s) has no OAuth client %s that is active. (The ID of a client is not its client_id.)\n\n"+
				"Next step: omit oauth_client_id to list the URLs of the user's active client.", user.ID, user.DisplayName, id))
	}
	return user, active
}

// result is one object as the list shows it, with all of it where that is asked for.
func result(ctx context.Context, req list.ListRequest, name string, identity, model any) list.ListResult {
	r := req.NewListResult(ctx)
	r.DisplayName = oneLine(name)
	r.Diagnostics.Append(r.Identity.Set(ctx, identity)...)
	if req.IncludeResource {
		r.Diagnostics.Append(r.Resource.Set(ctx, model)...)
	}
	return r
}

// upTo yields as many results as Terraform wants; 0 for all.
func upTo(limit int64, results []list.ListResult) func(yield func(list.ListResult) bool) {
	return func(yield func(list.ListResult) bool) {
		for i, r := range results {
			if limit > 0 && int64(i) >= limit || !yield(r) {
				return
			}
		}
	}
}

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
	_ list.ListResourceWithConfigure = (*FiltersListResource)(nil)
)

// ClientListResource lists the OAuth clients that a user has, for terraform query.
// What names a client is the resource's own.
type ClientListResource struct{ ClientResource }

// CallbackURLListResource lists the callback URLs of an OAuth client.
type CallbackURLListResource struct{ CallbackURLResource }

// FiltersListResource lists the notification filters of a user: one set, if there are any.
type FiltersListResource struct{ FiltersResource }

// NewClientListResource makes the list resource for the provider's list.
func NewClientListResource() list.ListResource { return &ClientListResource{} }

// NewCallbackURLListResource makes the list resource for the provider's list.
func NewCallbackURLListResource() list.ListResource { return &CallbackURLListResource{} }

// NewFiltersListResource makes the list resource for the provider's list.
func NewFiltersListResource() list.ListResource { return &FiltersListResource{} }

const aboutQuery = "For `terraform query` (Terraform 1.14 and newer), which writes import blocks and configuration for what it finds. It calls bunq with the " +
	"context of the provider block. (A list block has none: `terraform query -json` prints what the block is given.) The configuration that it writes has no " +
	"`api_context` and no secrets."

// ListResourceConfigSchema describes the list block.
func (l *ClientListResource) ListResourceConfigSchema(_ context.Context, _ list.ListResourceSchemaRequest, resp *list.ListResourceSchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Lists the active OAuth client of a bunq user, if there is one. Cancelled ones cannot be used again, and are left out.\n\n" + aboutQuery,
	}
}

// ListResourceConfigSchema describes the list block.
func (l *CallbackURLListResource) ListResourceConfigSchema(_ context.Context, _ list.ListResourceSchemaRequest, resp *list.ListResourceSchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Lists the callback URLs of an OAuth client.\n\n" + aboutQuery,
		Attributes: map[string]schema.Attribute{
			"oauth_client_id": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "ID of the client (not its `client_id`). If omitted, the user's active client.",
				Validators:          []validator.String{stringvalidator.RegexMatches(providerdata.IDPattern, "must be the ID of the client, which is not the client_id of OAuth")},
			},
		},
	}
}

// ListResourceConfigSchema describes the list block.
func (l *FiltersListResource) ListResourceConfigSchema(_ context.Context, _ list.ListResourceSchemaRequest, resp *list.ListResourceSchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Lists the notification filters of a bunq user: one set, if the user has any.\n\n" + aboutQuery,
	}
}

// List asks bunq for the clients of the user.
func (l *ClientListResource) List(ctx context.Context, req list.ListRequest, stream *list.ListResultsStream) {
	results := listing(ctx, l.Data, "bunq_oauth_client", func(ctx context.Context, user bunq.User, calls *bunq.UserClient, diags *diag.Diagnostics) []list.ListResult {
		var results []list.ListResult
		for _, c := range activeClients(ctx, calls, "bunq_oauth_client", diags) {
			one := clientModel{APIContext: noContext(), AdoptExisting: types.BoolValue(false), DeletionProtection: types.BoolValue(true)}
			one.setIDs(user.ID, c.ID)
			one.fromAPI(&c)
			one.ClientSecret = types.StringNull()
			name := fmt.Sprintf("OAuth client %d of bunq user %d (%s)", c.ID, user.ID, user.DisplayName)
			results = append(results, result(ctx, req, name, one.identity(), &one))
		}
		return results
	})
	stream.Results = upTo(req.Limit, results)
}

// List asks bunq for the client with its callback URLs.
func (l *CallbackURLListResource) List(ctx context.Context, req list.ListRequest, stream *list.ListResultsStream) {
	results := listing(ctx, l.Data, "bunq_oauth_callback_url", func(ctx context.Context, user bunq.User, calls *bunq.UserClient, diags *diag.Diagnostics) []list.ListResult {
		var id types.String
		diags.Append(req.Config.GetAttribute(ctx, path.Root("oauth_client_id"), &id)...)

		var results []list.ListResult
		found := id.IsNull()
		for _, c := range activeClients(ctx, calls, "bunq_oauth_callback_url", diags) {
			if !id.IsNull() && id.ValueString() != providerdata.FormatID(c.ID) {
				continue
			}
			found = true
			for _, u := range c.CallbackURLs {
				one := callbackModel{APIContext: noContext(), UserID: types.StringValue(providerdata.FormatID(user.ID)), OAuthClientID: types.StringValue(providerdata.FormatID(c.ID))}
				one.fromAPI(u)
				results = append(results, result(ctx, req, u.URL, one.identity(), &one))
			}
		}

		if !found && !diags.HasError() {
			diags.AddAttributeError(path.Root("oauth_client_id"), "There is no such OAuth client", fmt.Sprintf(
				"bunq user %d (%s) has no OAuth client %s that is active. (The ID of a client is not its client_id.)\n\n"+
					"Next step: omit oauth_client_id to list the URLs of the user's active client.", user.ID, user.DisplayName, id.ValueString()))
		}
		return results
	})
	stream.Results = upTo(req.Limit, results)
}

// List asks bunq for the filters of the user.
func (l *FiltersListResource) List(ctx context.Context, req list.ListRequest, stream *list.ListResultsStream) {
	results := listing(ctx, l.Data, "bunq_notification_filters", func(ctx context.Context, user bunq.User, calls *bunq.UserClient, diags *diag.Diagnostics) []list.ListResult {
		filters, err := calls.NotificationFilters(ctx)
		if err != nil {
			unlisted("bunq_notification_filters").Error(diags, err)
		}
		if len(filters) == 0 {
			return nil
		}

		one := filtersModel{APIContext: noContext(), AdoptExisting: types.BoolValue(false)}
		one.setUser(user.ID)
		one.fromAPI(ctx, filters, diags)
		name := fmt.Sprintf("Notification filters of bunq user %d (%s)", user.ID, user.DisplayName)
		return []list.ListResult{result(ctx, req, name, one.identity(), &one)}
	})
	stream.Results = upTo(req.Limit, results)
}

// listing calls find with the provider's context, and returns what it found, or the errors.
func listing(ctx context.Context, data *providerdata.Data, what string,
	find func(context.Context, bunq.User, *bunq.UserClient, *diag.Diagnostics) []list.ListResult,
) []list.ListResult {
	var diags diag.Diagnostics
	ctx, done := data.Operation(ctx, what+": list", &diags)
	defer done()

	access, more := data.Access(ctx, noContext(), path.Empty())
	if diags.Append(more...); more.HasError() {
		return []list.ListResult{{Diagnostics: diags}}
	}
	user, err := access.Calls.User(ctx)
	if err != nil {
		unlisted(what).Error(&diags, err)
		return []list.ListResult{{Diagnostics: diags}}
	}

	results := find(ctx, user, access.Calls, &diags)
	if diags.HasError() {
		return []list.ListResult{{Diagnostics: diags}}
	}
	return results
}

func unlisted(what string) tfdiag.Failure {
	return tfdiag.Failure{Summary: what + " cannot be listed", State: "nothing was stored, and nothing was changed at bunq."}
}

// activeClients returns the user's clients that are not cancelled.
func activeClients(ctx context.Context, calls *bunq.UserClient, what string, diags *diag.Diagnostics) []bunq.OAuthClient {
	all, err := calls.OAuthClients(ctx)
	if err != nil {
		unlisted(what).Error(diags, err)
	}
	var active []bunq.OAuthClient
	for _, c := range all {
		if !isCancelled(c.Status) {
			active = append(active, c)
		}
	}
	return active
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

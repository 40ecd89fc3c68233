package oauthapp

import (
	"context"
	"fmt"

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

var _ list.ListResourceWithConfigure = (*listResource)(nil)

// listResource lists what a user has of one kind, for terraform query.
type listResource struct {
	base

	description string
	arguments   map[string]schema.Attribute
	find        func(context.Context, query) ([]listed, error)
}

// query is what a list block asks bunq.
type query struct {
	list.ListRequest
	user  bunq.User
	calls *bunq.UserClient
	diags *diag.Diagnostics
}

// listed is an object that a list shows.
type listed struct {
	name  string
	model any
}

// NewClientListResource makes the list resource for the provider's list.
func NewClientListResource() list.ListResource {
	return &listResource{
		base:        base{kind: clientKind},
		description: "Lists the active OAuth client of a bunq user, if there is one. Cancelled ones cannot be used again, and are left out.",
		find:        listClients,
	}
}

// NewCallbackURLListResource makes the list resource for the provider's list.
func NewCallbackURLListResource() list.ListResource {
	return &listResource{
		base:        base{kind: callbackKind},
		description: "Lists the callback URLs of an OAuth client.",
		arguments: map[string]schema.Attribute{
			"oauth_client_id": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "ID of the client (not its `client_id`). If omitted, the user's active client.",
				Validators:          []validator.String{isClientID},
			},
		},
		find: listCallbackURLs,
	}
}

// NewFiltersListResource makes the list resource for the provider's list.
func NewFiltersListResource() list.ListResource {
	return &listResource{
		base:        base{kind: filtersKind},
		description: "Lists the notification filters of a bunq user: one set, if the user has any.",
		find:        listFilters,
	}
}

// ListResourceConfigSchema describes the list block.
func (l *listResource) ListResourceConfigSchema(_ context.Context, _ list.ListResourceSchemaRequest, resp *list.ListResourceSchemaResponse) {
	resp.Schema = schema.Schema{
		Attributes: l.arguments,
		MarkdownDescription: l.description + "\n\nFor `terraform query` (Terraform 1.14 and newer), which writes import blocks and configuration for what it finds. It " +
			"calls bunq with the context of the provider block. (A list block has none: `terraform query -json` prints what the block is given.) The configuration " +
			"that it writes has no `api_context` and no secrets.",
	}
}

// List asks bunq with the provider's context, and yields as many results as Terraform wants.
func (l *listResource) List(ctx context.Context, req list.ListRequest, stream *list.ListResultsStream) {
	var diags diag.Diagnostics
	found := l.ask(ctx, req, &diags)
	stream.Results = func(yield func(list.ListResult) bool) {
		if diags.HasError() {
			yield(list.ListResult{Diagnostics: diags})
			return
		}
		for i, one := range found {
			result := req.NewListResult(ctx)
			result.DisplayName = bunq.Printable(one.name)
			result.Diagnostics.Append(result.Resource.Set(ctx, one.model)...)
			l.identify(ctx, result.Resource, result.Identity, &result.Diagnostics)
			if req.Limit > 0 && int64(i) >= req.Limit || !yield(result) {
				return
			}
		}
	}
}

func (l *listResource) ask(ctx context.Context, req list.ListRequest, diags *diag.Diagnostics) []listed {
	ctx, done := l.operation(ctx, "list", diags)
	defer done()
	failed := tfdiag.Failure{Summary: l.name + " cannot be listed", State: "nothing was stored, and nothing was changed at bunq."}
	access, user, ok := l.open(ctx, noContext(), failed, diags)
	if !ok {
		return nil
	}
	found, err := l.find(ctx, query{req, user, access.Calls, diags})
	if err != nil {
		failed.Error(diags, err)
	}
	return found
}

func listClients(ctx context.Context, q query) (found []listed, err error) {
	all, err := q.calls.OAuthClients(ctx)
	for _, c := range all {
		if isCancelled(c.Status) {
			continue
		}
		m := newClientModel(providerdata.FormatID(q.user.ID), providerdata.FormatID(c.ID))
		m.fromAPI(&c)
		m.ClientSecret = types.StringNull()
		found = append(found, listed{fmt.Sprintf("OAuth client %d of bunq user %d (%s)", c.ID, q.user.ID, q.user.DisplayName), m})
	}
	return found, err
}

func listCallbackURLs(ctx context.Context, q query) (found []listed, err error) {
	var id types.String
	q.diags.Append(q.Config.GetAttribute(ctx, path.Root("oauth_client_id"), &id)...)
	all, err := q.calls.OAuthClients(ctx)
	if err != nil {
		return nil, err
	}

	exists := id.IsNull()
	for _, c := range all {
		if isCancelled(c.Status) || !id.IsNull() && number(id) != c.ID {
			continue
		}
		exists = true
		for _, u := range c.CallbackURLs {
			m := newCallbackModel(providerdata.FormatID(q.user.ID), providerdata.FormatID(c.ID), "")
			m.fromAPI(u)
			found = append(found, listed{u.URL, m})
		}
	}
	if !exists {
		q.diags.AddAttributeError(path.Root("oauth_client_id"), "There is no such OAuth client", fmt.Sprintf(
			"bunq user %d (%s) has no OAuth client %s that is active. (The ID of a client is not its client_id.)\n\n"+
				"Next step: omit oauth_client_id to list the URLs of the user's active client.", q.user.ID, q.user.DisplayName, id.ValueString()))
	}
	return found, nil
}

func listFilters(ctx context.Context, q query) ([]listed, error) {
	filters, err := q.calls.NotificationFilters(ctx)
	if len(filters) == 0 {
		return nil, err
	}
	m := newFiltersModel(providerdata.FormatID(q.user.ID))
	m.fromAPI(ctx, filters, q.diags)
	return []listed{{fmt.Sprintf("Notification filters of bunq user %d (%s)", q.user.ID, q.user.DisplayName), m}}, err
}

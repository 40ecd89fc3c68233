package oauthapp

import (
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
)

var callbackKind = kind{
	name:   "bunq_oauth_callback_url",
	noun:   "callback URL",
	ids:    []member{ofUser, {"oauth_client_id", "OAUTH_CLIENT_ID", "ID of the OAuth client."}, {"id", "ID", "ID of the callback URL."}},
	unread: func(ids []string) any { return newCallbackModel(ids[0], ids[1], ids[2]) },
}

type callbackModel struct {
	object
	OAuthClientID types.String `tfsdk:"oauth_client_id"`
	URL           types.String `tfsdk:"url"`
}

// newCallbackModel returns what an import has of a callback URL, and a list before it is read.
func newCallbackModel(user, client, id string) *callbackModel {
	return &callbackModel{object: newObject(user, id), OAuthClientID: types.StringValue(client)}
}

// fromAPI stores what bunq returned for the callback URL.
func (m *callbackModel) fromAPI(u bunq.CallbackURL) {
	m.ID, m.URL = idValue(u.ID), types.StringValue(u.URL)
}

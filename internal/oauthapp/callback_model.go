package oauthapp

import (
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
)

type callbackModel struct {
	ID            types.String `tfsdk:"id"`
	APIContext    types.Object `tfsdk:"api_context"`
	OAuthClientID types.String `tfsdk:"oauth_client_id"`
	URL           types.String `tfsdk:"url"`
	UserID        types.String `tfsdk:"user_id"`
}

// callbackIdentity identifies a callback URL at bunq.
type callbackIdentity struct {
	UserID        types.String `tfsdk:"user_id"`
	OAuthClientID types.String `tfsdk:"oauth_client_id"`
	ID            types.String `tfsdk:"id"`
}

func (m *callbackModel) identity() callbackIdentity {
	return callbackIdentity{UserID: m.UserID, OAuthClientID: m.OAuthClientID, ID: m.ID}
}

// fromAPI stores what bunq returned for the callback URL.
func (m *callbackModel) fromAPI(u bunq.CallbackURL) {
	m.ID = types.StringValue(providerdata.FormatID(u.ID))
	m.URL = types.StringValue(u.URL)
}

// number returns an ID as calls need it; 0, which bunq gives to nothing, for what is no ID.
func number(id types.String) int64 {
	n, _ := providerdata.ParseID(id.ValueString()) // checked by the schema and by ImportState
	return n
}

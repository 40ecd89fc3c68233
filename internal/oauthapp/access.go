package oauthapp

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
	"github.com/openpsd2/terraform-provider-bunq/internal/tfdiag"
)

// accessFor resolves the context of a resource in state. After an import the
// state has none, and the configuration cannot be seen yet; where the provider
// block has none either, a context that this run has used serves, if it belongs
// to the user.
func accessFor(ctx context.Context, data *providerdata.Data, obj types.Object, user types.String) (*providerdata.Access, diag.Diagnostics) {
	if obj.IsNull() && data.Default == nil {
		for _, ac := range data.Seen() {
			calls := data.Calls(ac)
			if u, err := calls.User(ctx); err == nil && itoa(u.ID) == user.ValueString() {
				return &providerdata.Access{Context: ac, Calls: calls}, nil
			}
		}
	}
	return data.Access(ctx, obj, apiContextPath)
}

// sameUser reports an error where the context belongs to another bunq user
// than the object: bunq would answer that the object does not exist, which says
// nothing about it.
func sameUser(ctx context.Context, access *providerdata.Access, user types.String, f tfdiag.Failure, diags *diag.Diagnostics) bool {
	u, err := access.Calls.User(ctx)
	if err != nil {
		f.Error(diags, err)
		return false
	}
	if user.ValueString() == itoa(u.ID) {
		return true
	}
	f.At = apiContextPath
	f.Next = "use the context of bunq user " + user.ValueString() + ". In the sandbox the subject of the certificate names the user, in production its " +
		"organizationIdentifier: a certificate with another one is another user."
	f.Error(diags, fmt.Errorf("the API context belongs to bunq user %d (%s), and this object to bunq user %s; nothing was sent about it",
		u.ID, u.DisplayName, user.ValueString()))
	return false
}

// moved is the failure of an update to a context of another user.
func moved(resource string) tfdiag.Failure {
	return tfdiag.Failure{Summary: resource + " cannot move to another bunq user", State: "the state stays as it was, and nothing was changed at bunq."}
}

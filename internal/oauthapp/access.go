package oauthapp

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
	"github.com/openpsd2/terraform-provider-bunq/internal/tfdiag"
)

// accessFor resolves the context of a resource in state, for its refresh.
//
// The configuration cannot be seen then. After an import the state has no
// context, and where the provider block has none either, a context that this run
// has used serves, if it belongs to the user. Without one, a resource that was
// read before stays as it is, with a warning and no access: its configuration
// may have one now, which the apply stores, and a plan fails where it has none
// (see needsContext). The same holds where the provider's context is only known
// after the apply, because the device it comes from is made anew.
func accessFor(ctx context.Context, data *providerdata.Data, obj types.Object, user types.String, f tfdiag.Failure, readBefore bool) (*providerdata.Access, diag.Diagnostics) {
	var diags diag.Diagnostics
	if readBefore && !data.ReadyToRead(resourceOf(f), &diags) {
		return nil, diags
	}
	if obj.IsNull() && data.DefaultUnknown && readBefore {
		diags.AddAttributeWarning(apiContextPath, f.Summary+" until the apply", "The api_context of the provider block is only known after the apply. "+
			"What was changed at bunq meanwhile is seen by the next plan.\n\nState: "+f.State)
		return nil, diags
	}
	if !contextMissing(data, obj) {
		return data.Access(ctx, obj, apiContextPath)
	}
	for _, ac := range data.Seen() {
		calls := data.Calls(ac)
		if u, err := calls.User(ctx); err == nil && itoa(u.ID) == user.ValueString() {
			return &providerdata.Access{Context: ac, Calls: calls}, nil
		}
	}
	if readBefore {
		diags.AddAttributeWarning(apiContextPath, f.Summary+" without an API context", "The state has no api_context for it, and the provider block has none "+
			"any more. Where the configuration of the resource has one, the next apply stores it, and refreshes with it from then on.\n\nState: "+f.State)
		return nil, diags
	}
	diags.AddAttributeError(apiContextPath, "No API context to import with", "An import sees the provider's configuration and not the resource's. The provider "+
		"block has no API context, and no other resource of this run has one of bunq user "+user.ValueString()+".\n\n"+
		"Next step: set api_context or context_file (BUNQ_CONTEXT_FILE) in the provider block, or have the resource refer to a bunq_device_server of that user "+
		"that is in the state already, and use an import block.")
	return nil, diags
}

// contextMissing reports whether neither resource nor provider block has a
// context, not even one that is known later.
func contextMissing(data *providerdata.Data, obj types.Object) bool {
	return obj.IsNull() && data.Default == nil && data.DefaultProblem == nil && !data.DefaultUnknown && len(data.Unknown) == 0
}

// needsContext reports at plan that an apply could not call bunq: without a
// context, or with one of another environment.
func needsContext(ctx context.Context, data *providerdata.Data, obj types.Object, diags *diag.Diagnostics) {
	if data != nil {
		diags.Append(data.Check(ctx, obj, apiContextPath)...)
	}
}

// resourceOf is the type of the resource in the summary of a failure.
func resourceOf(f tfdiag.Failure) string {
	name, _, _ := strings.Cut(f.Summary, " ")
	return name
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

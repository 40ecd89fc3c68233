package oauthapp

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
	"github.com/openpsd2/terraform-provider-bunq/internal/tfdiag"
)

// otherUserError means that a context belongs to another bunq user than the object. bunq would
// answer that the object does not exist, which would be misleading.
type otherUserError struct {
	has  bunq.User
	want string
}

func (e *otherUserError) Error() string {
	return fmt.Sprintf("the API context belongs to bunq user %d (%s), but this object belongs to bunq user %s; nothing was sent",
		e.has.ID, e.has.DisplayName, e.want)
}

func asOtherUser(err error) (*otherUserError, bool) {
	other, ok := err.(*otherUserError) //nolint:errorlint // sameUser returns it as it is
	return other, ok
}

// way is what to do about a resource that is declared.
func (e *otherUserError) way() string {
	return "use the context of bunq user " + e.want + ". The certificate decides which user that is: in the sandbox by its subject, in production " +
		"by its organizationIdentifier"
}

// ways are what to do about a resource of the state, which may not be declared any more.
func (e *otherUserError) ways() string {
	return tfdiag.Steps(
		"if the configuration has the resource, "+e.way(),
		"to forget the resource and keep it at bunq, use a removed block (destroy = false)",
		"to destroy it, set an api_context of bunq user "+e.want+" in the provider block, and apply with -target of this resource alone",
	)
}

// sameUser returns an *otherUserError if the context belongs to another user, or the error of a
// session that cannot be opened.
func sameUser(ctx context.Context, access *providerdata.Access, user types.String) error {
	u, err := access.Calls.User(ctx)
	if err != nil {
		return err
	}
	if user.ValueString() != providerdata.FormatID(u.ID) {
		return &otherUserError{has: u, want: user.ValueString()}
	}
	return nil
}

// callAs calls do with a context, if it is that user's.
func callAs(ctx context.Context, access *providerdata.Access, user types.String, do func(*providerdata.Access) error) error {
	if err := sameUser(ctx, access, user); err != nil {
		return err
	}
	return do(access)
}

// reportFailure reports err as that failure.
func reportFailure(f tfdiag.Failure, diags *diag.Diagnostics, err error) {
	if other, ok := asOtherUser(err); ok {
		f.At = apiContextPath
		f.Next = cmp.Or(f.Next, other.ways())
	}
	f.Error(diags, err)
}

// checkMove reports an update to a context of another user.
func checkMove(ctx context.Context, data *providerdata.Data, kind string, planned types.Object, user types.String, diags *diag.Diagnostics) (*providerdata.Access, bool) {
	access, more := data.Access(ctx, planned, apiContextPath)
	diags.Append(more...)
	if more.HasError() {
		return nil, false
	}

	err := sameUser(ctx, access, user)
	if err == nil {
		return access, true
	}
	failed := tfdiag.Failure{Summary: kind + " cannot move to another bunq user", State: "unchanged, and nothing was changed at bunq."}
	if other, ok := asOtherUser(err); ok {
		failed.Next = tfdiag.Steps(other.way(), "if the certificate of another organisation has made a new credential, set the former certificate again, and go back") +
			"\n\n    terraform state rm bunq_psd2_credential.NAME\n    terraform apply -replace=bunq_installation.NAME"
	}
	reportFailure(failed, diags, err)
	return nil, false
}

// checkContext reports at plan that an apply could not call bunq for a resource of the state: there is no
// context, it belongs to another environment, or it is the one in the state (had), which bunq has
// refused in the refresh.
func checkContext(ctx context.Context, data *providerdata.Data, kind string, planned, had types.Object, diags *diag.Diagnostics) {
	if more := data.Check(ctx, planned, apiContextPath); more.HasError() {
		diags.Append(more...)
		return
	}
	data.CheckRefused(ctx, kind, planned, had, apiContextPath, diags)
}

// contextMissing reports whether neither the resource nor the provider block has a context, not
// even one that is known later.
func contextMissing(data *providerdata.Data, obj types.Object) bool {
	return obj.IsNull() && data.Default == nil && data.DefaultProblem == nil && !data.DefaultUnknown && len(data.Unknown) == 0
}

// refresh reads one resource of the state. It cannot see the configuration.
type refresh struct {
	data       *providerdata.Data
	kind       string
	apiContext types.Object // of the state
	user       types.String
	failed     tfdiag.Failure
	// importing: the resource is being imported. Any other resource stays as it is, with a warning, if
	// it cannot be read because of its context alone: its configuration may have another one, which
	// the apply stores.
	importing bool
}

// read calls get with the context of the state; if the state has none, as after an import, with one
// of that user. It returns false if the resource was not read, and diags has the reason; otherwise
// the error is get's.
func (r refresh) read(ctx context.Context, diags *diag.Diagnostics, get func(*providerdata.Access) error) (bool, error) {
	access, ok := r.access(ctx, diags)
	if !ok {
		return false, nil
	}

	asked := false
	err := callAs(ctx, access, r.user, func(a *providerdata.Access) error {
		asked = true
		return get(a)
	})

	switch {
	case bunq.IsContextRefused(err) && !r.importing:
		r.data.WarnRefused(access.Context, err, diags)
		return false, nil
	case bunq.IsContextRefused(err), !asked:
		if other, ok := asOtherUser(err); ok && r.importing {
			r.failed.Next = other.way() + "."
		}
		reportFailure(r.failed, diags, err)
		return false, nil
	}
	return true, err
}

// find is read for an object that leaves the state if bunq does not have it. It returns false if there
// is nothing to store.
func (r refresh) find(ctx context.Context, resp *resource.ReadResponse, get func(*providerdata.Access) error) bool {
	read, err := r.read(ctx, &resp.Diagnostics, get)
	switch {
	case !read:
	case bunq.IsNotFound(err):
		resp.State.RemoveResource(ctx)
	case err != nil:
		r.failed.Error(&resp.Diagnostics, err)
	}
	return read && err == nil
}

// access returns the context to read with.
func (r refresh) access(ctx context.Context, diags *diag.Diagnostics) (*providerdata.Access, bool) {
	switch {
	case !r.importing && !r.data.ReadyToRead(r.kind, diags):
		return nil, false
	case r.apiContext.IsNull() && r.data.DefaultUnknown && !r.importing:
		diags.AddAttributeWarning(apiContextPath, r.failed.Summary+" until the apply", "The api_context of the provider block is only known after the apply. "+
			"The next plan shows what has changed at bunq in the meantime.\n\nState: "+r.failed.State)
		return nil, false
	case r.apiContext.IsNull() && len(r.data.Unknown) == 0:
		if seen := r.seen(ctx); seen != nil {
			return seen, true
		}
	}

	if !contextMissing(r.data, r.apiContext) {
		access, more := r.data.Access(ctx, r.apiContext, apiContextPath)
		diags.Append(more...)
		return access, !more.HasError()
	}
	if r.importing {
		diags.AddAttributeError(apiContextPath, "No API context to import with", "An import sees the configuration of the provider, not that of the resource. The "+
			"provider block has no API context, and no other resource of this run has one of bunq user "+r.user.ValueString()+".\n\n"+
			"Next step: set api_context or context_file (BUNQ_CONTEXT_FILE) in the provider block. Or use an import block, and let the resource refer to a "+
			"bunq_device_server of that user that is already in the state.")
		return nil, false
	}
	diags.AddAttributeWarning(apiContextPath, r.failed.Summary+" without an API context", "The state has no api_context for it, and the provider block no longer "+
		"has one. If the configuration of the resource has one, the next apply stores it, and later refreshes use it.\n\nState: "+r.failed.State)
	return nil, false
}

// seen returns the context of a device that this run has read or planned, for a resource of that user
// whose state has none; nil if the provider block's is to be used, or there is none.
func (r refresh) seen(ctx context.Context) *providerdata.Access {
	if r.data.Default != nil {
		err := sameUser(ctx, accessOf(r.data, *r.data.Default), r.user)
		// A refused context of the provider block is reported, unless it is only there for others.
		if err == nil || bunq.IsContextRefused(err) && !r.importing {
			return nil
		}
	}

	for _, ac := range slices.Backward(r.data.Seen()) {
		if access := accessOf(r.data, ac); sameUser(ctx, access, r.user) == nil {
			return access
		}
	}
	return nil
}

func accessOf(data *providerdata.Data, ac bunq.APIContext) *providerdata.Access {
	return &providerdata.Access{Context: ac, Calls: data.Calls(ac)}
}

// removal destroys one resource of the state.
type removal struct {
	data       *providerdata.Data
	kind       string
	apiContext types.Object // of the state
	user       types.String
	failed     tfdiag.Failure
}

// check reports that there is no context to destroy the resource with, and returns false then. The
// configuration no longer has one for it.
func (r removal) check(diags *diag.Diagnostics) bool {
	if !contextMissing(r.data, r.apiContext) {
		return true
	}
	diags.AddAttributeError(apiContextPath, "No API context to destroy "+r.kind+" with", "The state has none for it, as after an import that no apply "+
		"followed, and the provider block has none.\n\n"+
		"State: nothing was changed.\n\n"+
		"Next step: set api_context or context_file (BUNQ_CONTEXT_FILE) of bunq user "+r.user.ValueString()+" in the provider block, and apply again. Or keep the "+
		"resource in the configuration, with its api_context, for one apply, which stores it. To forget it and keep it at bunq, use a removed block "+
		"(destroy = false).")
	return false
}

// do calls remove with the context of the state and, if bunq refuses that one, with the provider
// block's: the configuration has no other place for a context of this resource. It reports the error.
func (r removal) do(ctx context.Context, diags *diag.Diagnostics, remove func(*providerdata.Access) error) bool {
	if !r.check(diags) {
		return false
	}
	access, more := r.data.Access(ctx, r.apiContext, apiContextPath)
	diags.Append(more...)
	if more.HasError() {
		return false
	}

	err := callAs(ctx, access, r.user, remove)
	if bunq.IsContextRefused(err) && r.data.Default != nil && !r.apiContext.IsNull() {
		again := callAs(ctx, accessOf(r.data, *r.data.Default), r.user, remove)
		if _, isOther := asOtherUser(again); !isOther && !bunq.IsContextRefused(again) {
			err = again
		}
	}
	if err == nil {
		return true
	}

	if bunq.IsContextRefused(err) {
		r.failed.Next = tfdiag.Steps(
			tfdiag.CheckAddress,
			"if the key is dead, and bunq user "+r.user.ValueString()+" has another one, set its api_context in the provider block and apply again: it is then used "+
				"instead",
			"to forget the resource and keep it at bunq, use a removed block (destroy = false)",
		)
	}
	reportFailure(r.failed, diags, err)
	return false
}

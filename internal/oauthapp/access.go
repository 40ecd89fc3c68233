package oauthapp

import (
	"cmp"
	"context"
	"errors"
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

// way is what to do about a resource that is declared.
func (e *otherUserError) way() string {
	return "use the context of bunq user " + e.want + ". The certificate decides which user that is: in the sandbox by its subject, in production " +
		"by its organizationIdentifier"
}

// ways are what to do about a resource of the state, which may not be declared any more.
func (e *otherUserError) ways() string {
	return tfdiag.Steps(
		"if the configuration has the resource, "+e.way(),
		"to forget the resource and keep it at bunq, use a removed block (destroy = false), and apply with -refresh=false",
		"to destroy it, set an api_context of bunq user "+e.want+" in the provider block, and apply with -target of this resource alone",
	)
}

// open returns the context for a new resource, and its user. It reports an error as failed.
func (b *base) open(ctx context.Context, apiContext types.Object, failed tfdiag.Failure, diags *diag.Diagnostics) (*providerdata.Access, bunq.User, bool) {
	access, more := b.Data.Access(apiContext, apiContextPath)
	if diags.Append(more...); more.HasError() {
		return nil, bunq.User{}, false
	}
	user, err := access.Calls.User(ctx)
	if err != nil {
		failed.Error(diags, err)
		return nil, user, false
	}
	return access, user, true
}

// sameUser returns an *otherUserError if the context belongs to another user, or the error of a
// session that cannot be opened.
func sameUser(ctx context.Context, access *providerdata.Access, user types.String) error {
	u, err := access.Calls.User(ctx)
	if err == nil && user.ValueString() != providerdata.FormatID(u.ID) {
		err = &otherUserError{has: u, want: user.ValueString()}
	}
	return err
}

// callAs calls do with a context, if it is that user's.
func callAs(ctx context.Context, access *providerdata.Access, user types.String, do func(*providerdata.Access) error) error {
	if err := sameUser(ctx, access, user); err != nil {
		return err
	}
	return do(access)
}

func accessOf(data *providerdata.Data, ac bunq.APIContext) *providerdata.Access {
	return &providerdata.Access{Context: ac, Calls: data.Calls(ac)}
}

// reportFailure reports err as that failure.
func reportFailure(f tfdiag.Failure, diags *diag.Diagnostics, err error) {
	if other, ok := errors.AsType[*otherUserError](err); ok {
		f.At = apiContextPath
		f.Next = cmp.Or(f.Next, other.ways())
	}
	f.Error(diags, err)
}

// checkMove reports an update to a context of another user.
func (b *base) checkMove(ctx context.Context, planned, state object, diags *diag.Diagnostics) (*providerdata.Access, bool) {
	failed := tfdiag.Failure{Summary: b.name + " cannot move to another bunq user", State: "unchanged, and nothing was changed at bunq."}
	access, _, ok := b.open(ctx, planned.APIContext, failed, diags)
	if !ok {
		return nil, false
	}
	other, isOther := errors.AsType[*otherUserError](sameUser(ctx, access, state.UserID))
	if !isOther {
		return access, true
	}

	failed.Next = tfdiag.Steps(other.way(), "if the certificate of another organisation has made a new credential, set the former certificate again, and go back") +
		"\n\n    terraform state rm bunq_psd2_credential.NAME\n    terraform apply -replace=bunq_installation.NAME"
	reportFailure(failed, diags, other)
	return nil, false
}

// checkContext reports at plan that an apply could not call bunq for a resource of the state: there is no
// context, it belongs to another environment, or it is the one in the state, which bunq has refused in
// the refresh.
func (b *base) checkContext(planned, state object, diags *diag.Diagnostics) {
	diags.Append(b.Data.Check(planned.APIContext, apiContextPath)...)
	if !diags.HasError() {
		b.Data.CheckRefused(b.name, planned.APIContext, state.APIContext, apiContextPath, diags)
	}
}

// contextMissing reports whether neither the object nor the provider block has a context, not even one
// that is known later.
func (b *base) contextMissing(o object) bool {
	d := b.Data
	return o.APIContext.IsNull() && d.Default == nil && d.DefaultProblem == nil && !d.DefaultUnknown && len(d.Unknown) == 0
}

// unchanged says that something was not done with an object of the state.
func (b *base) unchanged(what string) tfdiag.Failure {
	return tfdiag.Failure{Summary: b.name + " " + what, State: "the " + b.noun + " stays in the state as it was."}
}

// read refreshes an object of the state with get, and takes it out of the state if get finds that bunq
// does not have it. It returns false if there is nothing to store, and the answer has the reason.
//
// It calls bunq with the context of the state; if the state has none, as after an import, with one of
// that user. It cannot see the configuration, which may have another context, and which the apply stores.
// So an object that cannot be read because of its context alone stays as it is, with a warning.
func (b *base) read(ctx context.Context, o object, req resource.ReadRequest, resp *resource.ReadResponse, get func(*providerdata.Access) error) bool {
	// Even if the object turns out to be gone: Terraform before 1.12 keeps no identity, and the framework
	// wants one in every answer.
	b.identify(ctx, req.State, resp.Identity, &resp.Diagnostics)

	importing := hasPrivate(ctx, req.Private, privateImport)
	access, ok := b.accessToRead(ctx, o, importing, &resp.Diagnostics)
	if !ok {
		return false
	}

	failed := b.unchanged("cannot be read")
	if importing {
		failed.State = "nothing was imported, and nothing was changed at bunq."
	}
	asked := false
	err := callAs(ctx, access, o.UserID, func(a *providerdata.Access) error {
		asked = true
		return get(a)
	})

	switch {
	case err == nil:
		setPrivate(ctx, resp.Private, privateImport, false, &resp.Diagnostics)
	case bunq.IsContextRefused(err) && !importing:
		b.Data.WarnRefused(access.Context, err, &resp.Diagnostics)
	case asked && bunq.IsNotFound(err) && !b.lasting:
		providerdata.Gone(ctx, resp, privatePlanned, privateProtected)
	default:
		if other, ok := errors.AsType[*otherUserError](err); ok && importing {
			failed.Next = other.way() + "."
		}
		reportFailure(failed, &resp.Diagnostics, err)
	}
	return err == nil
}

// accessToRead returns the context to read an object with.
func (b *base) accessToRead(ctx context.Context, o object, importing bool, diags *diag.Diagnostics) (*providerdata.Access, bool) {
	if !importing && !b.Data.ReadyToRead(b.name, diags) {
		return nil, false
	}

	later := o.APIContext.IsNull() && b.Data.DefaultUnknown && !importing
	if o.APIContext.IsNull() && len(b.Data.Unknown) == 0 && !later {
		if seen := b.seen(ctx, o.UserID, importing); seen != nil {
			return seen, true
		}
	}

	switch missing := b.contextMissing(o); {
	case missing && importing:
		diags.AddAttributeError(apiContextPath, "No API context to import with", "An import sees the configuration of the provider, not that of the resource. The "+
			"provider block has no API context, and no other resource of this run has one of bunq user "+o.UserID.ValueString()+".\n\n"+
			"Next step: set api_context or context_file (BUNQ_CONTEXT_FILE) in the provider block. Or use an import block, and let the resource refer to a "+
			"bunq_device_server of that user that is already in the state.")
		return nil, false
	case missing || later:
		diags.AddAttributeWarning(apiContextPath, b.name+" cannot be read without an API context", "The state has no api_context for it, and the provider "+
			"block has none, or one that is only known after the apply. If the configuration of the resource has one, the next apply stores it.\n\n"+
			"State: "+b.unchanged("").State)
		return nil, false
	}
	access, more := b.Data.Access(o.APIContext, apiContextPath)
	diags.Append(more...)
	return access, !more.HasError()
}

// seen returns the context of a device that this run has read or planned, for an object of that user
// whose state has none; nil if the provider block's is to be used, or there is none.
func (b *base) seen(ctx context.Context, user types.String, importing bool) *providerdata.Access {
	if b.Data.Default != nil {
		err := sameUser(ctx, accessOf(b.Data, *b.Data.Default), user)
		// A refused context of the provider block is reported, unless it is only there for others.
		if err == nil || bunq.IsContextRefused(err) && !importing {
			return nil
		}
	}

	for _, ac := range slices.Backward(b.Data.Seen()) {
		if access := accessOf(b.Data, ac); sameUser(ctx, access, user) == nil {
			return access
		}
	}
	return nil
}

// checkRemoval reports that there is no context to destroy an object with, and returns false then. The
// configuration no longer has one for it.
func (b *base) checkRemoval(o object, diags *diag.Diagnostics) bool {
	if !b.contextMissing(o) {
		return true
	}
	diags.AddAttributeError(apiContextPath, "No API context to destroy "+b.name+" with", "The state has none for it, as after an import that no apply "+
		"followed, and the provider block has none.\n\n"+
		"State: nothing was changed.\n\n"+
		"Next step: set api_context or context_file (BUNQ_CONTEXT_FILE) of bunq user "+o.UserID.ValueString()+" in the provider block, and apply again. Or keep the "+
		"resource in the configuration, with its api_context, for one apply, which stores it. To forget it and keep it at bunq, use a removed block "+
		"(destroy = false).")
	return false
}

// remove calls do with the context of the state and, if bunq refuses that one, with the provider
// block's: the configuration has no other place for a context of this object. It reports an error as
// failed.
func (b *base) remove(ctx context.Context, o object, failed tfdiag.Failure, diags *diag.Diagnostics, do func(*providerdata.Access) error) bool {
	if !b.checkRemoval(o, diags) {
		return false
	}
	access, more := b.Data.Access(o.APIContext, apiContextPath)
	if diags.Append(more...); more.HasError() {
		return false
	}

	err := callAs(ctx, access, o.UserID, do)
	if bunq.IsContextRefused(err) && b.Data.Default != nil && !o.APIContext.IsNull() {
		again := callAs(ctx, accessOf(b.Data, *b.Data.Default), o.UserID, do)
		if _, isOther := errors.AsType[*otherUserError](again); !isOther && !bunq.IsContextRefused(again) {
			err = again
		}
	}
	if err == nil {
		return true
	}

	if bunq.IsContextRefused(err) {
		failed.Next = tfdiag.Steps(
			tfdiag.CheckAddress,
			"if the key is dead, and bunq user "+o.UserID.ValueString()+" has another one, set its api_context in the provider block and apply again: it is then used "+
				"instead",
			"to forget the resource and keep it at bunq, use a removed block (destroy = false)",
		)
	}
	reportFailure(failed, diags, err)
	return false
}

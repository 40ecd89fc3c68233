package oauthapp

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
	"github.com/openpsd2/terraform-provider-bunq/internal/tfdiag"
)

// refresh reads one resource of the state. It cannot see the configuration.
type refresh struct {
	data       *providerdata.Data
	apiContext types.Object // of the state
	user       types.String
	failed     tfdiag.Failure
	// importing: the resource is being imported. Any other resource stays as it is, with a warning,
	// if it cannot be read because of its context alone: its configuration may have another one,
	// which the apply stores.
	importing bool
	key       refusedKey
	private   privateState
}

// refusedKey is a resource of the state that was not read because bunq refuses the key of its
// context. The value is bunq's error. The context is part of it, as a hash: two objects of a state may
// have the same ID, until the destroy of one of them succeeds.
type refusedKey struct {
	kind, id   string
	apiContext [sha256.Size]byte
}

func refusedKeyOf(kind string, id types.String, apiContext types.Object) refusedKey {
	return refusedKey{kind, id.ValueString(), sha256.Sum256([]byte(apiContext.String()))}
}

// read calls get with the context of the state. If bunq refuses its key, or the state has none as
// after an import, it calls get with another context of the same user that this run has used. It
// returns false if get was not called, and diags has the reason; otherwise the error is get's.
func (r refresh) read(ctx context.Context, diags *diag.Diagnostics, get func(*providerdata.Access) error) (bool, error) {
	access, own, ok := r.access(ctx, diags)
	if !ok {
		return false, nil
	}

	asked := false
	var used *bunq.APIContext
	err := withAnotherContext(ctx, r.data, access, r.user, func(a *providerdata.Access) error {
		if err := sameUser(ctx, a, r.user); err != nil {
			return err
		}
		asked, used = true, nil
		if a != access || !own {
			used = &a.Context
		}
		return get(a)
	})

	if err == nil && !r.importing {
		keepSubstitute(ctx, r.private, used, diags)
	}
	switch {
	case bunq.IsCredentialsRefused(err) && !r.importing:
		providerdata.Keep(r.data, r.key, err)
		r.failed.Next = "set an api_context with a key that bunq accepts; the next apply stores it."
		r.failed.Warning(diags, err)
		return false, nil
	case bunq.IsCredentialsRefused(err), !asked:
		r.report(diags, err)
		return false, nil
	}
	return true, err
}

// report reports why the resource was not read. What is no longer declared may have lost its user with
// the context of the provider block.
func (r refresh) report(diags *diag.Diagnostics, err error) {
	f := r.failed
	if other, ok := asOtherUser(err); ok && !r.importing {
		f.Next = tfdiag.Steps(append([]string{"if the configuration still has the resource, " + other.way()}, other.waysOfUndeclared()...)...)
	}
	reportFailure(f, diags, err)
}

// access returns the context to begin with, and whether it is the resource's own one or the
// provider's.
func (r refresh) access(ctx context.Context, diags *diag.Diagnostics) (access *providerdata.Access, own, ok bool) {
	switch {
	case !r.importing && !r.data.ReadyToRead(r.key.kind, diags):
		return nil, false, false
	case r.apiContext.IsNull() && r.data.DefaultUnknown && !r.importing:
		r.warnNotRefreshed(diags, "The api_context of the provider block is only known after the apply.")
		return nil, false, false
	case !contextMissing(r.data, r.apiContext):
		access, more := r.data.Access(ctx, r.apiContext, apiContextPath)
		diags.Append(more...)
		return access, true, !more.HasError()
	}

	for a := range contextsOf(ctx, r.data, r.user) {
		return a, false, true
	}
	if r.importing {
		diags.AddAttributeError(apiContextPath, "No API context to import with", "An import sees the configuration of the provider, not that of the resource. The "+
			"provider block has no API context, and no other resource of this run has one of bunq user "+r.user.ValueString()+".\n\n"+
			"Next step: set api_context or context_file (BUNQ_CONTEXT_FILE) in the provider block. Or use an import block, and let the resource refer to a "+
			"bunq_device_server of that user that is already in the state.")
		return nil, false, false
	}
	diags.AddAttributeWarning(apiContextPath, r.failed.Summary+" without an API context", "The state has no api_context for it, and the provider block no longer "+
		"has one. If the configuration of the resource has one, the next apply stores it, and later refreshes use it.\n\nState: "+r.failed.State)
	return nil, false, false
}

// warnNotRefreshed warns that the resource can only be read when more is known.
func (r refresh) warnNotRefreshed(diags *diag.Diagnostics, why string) {
	diags.AddAttributeWarning(apiContextPath, r.failed.Summary+" until the apply", why+
		" The next plan shows what has changed at bunq in the meantime.\n\nState: "+r.failed.State)
}

// withAnotherContext calls do with access and, if bunq refuses its key, with the other contexts of
// that user which this run has used, until one is accepted.
func withAnotherContext(ctx context.Context, data *providerdata.Data, access *providerdata.Access, user types.String,
	do func(*providerdata.Access) error,
) error {
	err := do(access)
	if !bunq.IsCredentialsRefused(err) {
		return err
	}
	for other := range contextsOf(ctx, data, user) {
		if other.Context.Fingerprint() == access.Context.Fingerprint() {
			continue
		}
		if again := do(other); !bunq.IsCredentialsRefused(again) {
			return again
		}
	}
	return err
}

// contextsOf yields the contexts of a user that this run has used and bunq accepts, the newest
// first, and then that of the provider block. One that bunq is known to refuse costs no call.
func contextsOf(ctx context.Context, data *providerdata.Data, user types.String) func(yield func(*providerdata.Access) bool) {
	return func(yield func(*providerdata.Access) bool) {
		all := data.Seen()
		if data.Default != nil {
			all = slices.Insert(all, 0, *data.Default)
		}
		for _, ac := range slices.Backward(all) {
			calls := data.Calls(ac)
			u, err := calls.User(ctx)
			if err == nil && providerdata.FormatID(u.ID) == user.ValueString() && !yield(&providerdata.Access{Context: ac, Calls: calls}) {
				return
			}
		}
	}
}

// contextMissing reports whether neither the resource nor the provider block has a context, not
// even one that is known later.
func contextMissing(data *providerdata.Data, obj types.Object) bool {
	return obj.IsNull() && data.Default == nil && data.DefaultProblem == nil && !data.DefaultUnknown && len(data.Unknown) == 0
}

// checkContext reports at plan that an apply could not call bunq: there is no context, it belongs
// to another environment, or bunq has refused it in the refresh.
func checkContext(ctx context.Context, data *providerdata.Data, planned, state types.Object, key refusedKey, diags *diag.Diagnostics) {
	if more := data.Check(ctx, planned, apiContextPath); more.HasError() {
		diags.Append(more...)
		return
	}

	err, refused := providerdata.Find[error](data, key)
	if !refused || !planned.Equal(state) || planned.IsNull() && waitsForDevice(ctx, data) {
		return
	}
	now := "nothing was changed. The configuration still has this context, so an apply would fail in the same way."
	if planned.IsNull() {
		now += " If the provider block has it from a bunq_device_server that does not exist yet, make that one first: " +
			"terraform apply -target=bunq_device_server.NAME."
	}
	tfdiag.Failure{Summary: key.kind + " has an API context that bunq refuses", At: apiContextPath, State: now}.Error(diags, err)
}

// waitsForDevice reports whether a device for the provider's context is to come. Its key is refused
// until then: an apply that was interrupted may have made the key alone.
func waitsForDevice(ctx context.Context, data *providerdata.Data) bool {
	return data.Default != nil && data.Sessions != nil && providerdata.HasComingDevice(ctx, data.Sessions.For(*data.Default))
}

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

// waysOfUndeclared are what to do about a resource that is not declared any more, and of which only the
// provider block has a context.
func (e *otherUserError) waysOfUndeclared() []string {
	return []string{
		"to forget the resource and keep it at bunq, use a removed block (destroy = false)",
		"to destroy it, set an api_context of bunq user " + e.want + " in the provider block, and apply with -target of this resource alone",
	}
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

// reportFailure reports err as that failure.
func reportFailure(f tfdiag.Failure, diags *diag.Diagnostics, err error) {
	if other, ok := asOtherUser(err); ok {
		f.At = apiContextPath
		f.Next = cmp.Or(f.Next, other.way()+".")
	}
	f.Error(diags, err)
}

// failureOfMove returns the failure of an update to a context of another user.
func failureOfMove(resource string) tfdiag.Failure {
	return tfdiag.Failure{Summary: resource + " cannot move to another bunq user", State: "unchanged, and nothing was changed at bunq."}
}

package oauthapp

import (
	"context"
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
	"github.com/openpsd2/terraform-provider-bunq/internal/tfdiag"
)

// refresh is the reading of one resource of the state. The configuration cannot
// be seen then.
type refresh struct {
	data    *providerdata.Data
	context types.Object // of the state
	user    types.String
	failed  tfdiag.Failure
	// first: the resource is being imported. Any other one that cannot be read
	// stays as it is, with a warning, where only its context is at fault: its
	// configuration may have another one, which the apply stores.
	first   bool
	key     refusedKey
	private privateState
}

// refusedKey is a resource of the state that bunq was not asked about, as it
// refuses the key. The value is its answer.
type refusedKey struct{ kind, id string }

// read calls get with the context of the state. Where bunq refuses its key, or
// the state has none as after an import, it is called with another context of
// the same user that this run has used. false: get was not called, and diags says
// why; else the error is get's.
func (r refresh) read(ctx context.Context, diags *diagnostics, get func(*providerdata.Access) error) (bool, error) {
	access, ok := r.access(ctx, diags)
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
		if a != access {
			used = &a.Context
		}
		return get(a)
	})
	if err == nil && !r.first {
		keepSubstitute(ctx, r.private, used, diags)
	}
	switch {
	case bunq.IsCredentialsRefused(err) && !r.first:
		providerdata.Keep(r.data, r.key, err)
		r.failed.Next = "give it an api_context with a key that bunq accepts; the next apply stores that one."
		r.failed.Warning(diags, err)
		return false, nil
	case bunq.IsCredentialsRefused(err), !asked:
		report(r.failed, diags, err)
		return false, nil
	}
	return true, err
}

// access is the context to begin with.
func (r refresh) access(ctx context.Context, diags *diagnostics) (*providerdata.Access, bool) {
	switch {
	case !r.first && !r.data.ReadyToRead(r.key.kind, diags):
		return nil, false
	case r.context.IsNull() && r.data.DefaultUnknown && !r.first:
		r.later(diags, "The api_context of the provider block is only known after the apply.")
		return nil, false
	case !contextMissing(r.data, r.context):
		access, more := r.data.Access(ctx, r.context, apiContextPath)
		diags.Append(more...)
		return access, !more.HasError()
	}

	for a := range contextsOf(ctx, r.data, r.user) {
		return a, true
	}
	if r.first {
		diags.AddAttributeError(apiContextPath, "No API context to import with", "An import sees the provider's configuration and not the resource's. The provider "+
			"block has no API context, and no other resource of this run has one of bunq user "+r.user.ValueString()+".\n\n"+
			"Next step: set api_context or context_file (BUNQ_CONTEXT_FILE) in the provider block, or have the resource refer to a bunq_device_server of that user "+
			"that is in the state already, and use an import block.")
		return nil, false
	}
	diags.AddAttributeWarning(apiContextPath, r.failed.Summary+" without an API context", "The state has no api_context for it, and the provider block has none "+
		"any more. If the resource has one in the configuration, the next apply stores it, and refreshes with it from then on.\n\nState: "+r.failed.State)
	return nil, false
}

// later warns that the resource is read when more is known.
func (r refresh) later(diags *diagnostics, why string) {
	diags.AddAttributeWarning(apiContextPath, r.failed.Summary+" until the apply", why+
		" What was changed at bunq in the meantime is seen by the next plan.\n\nState: "+r.failed.State)
}

// withAnotherContext calls do with access and, where bunq refuses its key, with
// the other contexts of that user which this run has used, until one is accepted.
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

// contextsOf yields the contexts of a user that this run has used and bunq
// accepts, the newest first. One that bunq is known to refuse costs no call.
func contextsOf(ctx context.Context, data *providerdata.Data, user types.String) func(yield func(*providerdata.Access) bool) {
	return func(yield func(*providerdata.Access) bool) {
		for _, ac := range slices.Backward(data.Seen()) {
			calls := data.Calls(ac)
			u, err := calls.User(ctx)
			if err == nil && itoa(u.ID) == user.ValueString() && !yield(&providerdata.Access{Context: ac, Calls: calls}) {
				return
			}
		}
	}
}

// contextMissing reports whether neither resource nor provider block has a
// context, not even one that is known later.
func contextMissing(data *providerdata.Data, obj types.Object) bool {
	return obj.IsNull() && data.Default == nil && data.DefaultProblem == nil && !data.DefaultUnknown && len(data.Unknown) == 0
}

// needsContext reports at plan that an apply could not call bunq: there is no
// context, it is one of another environment, or the refresh has shown that bunq
// refuses it.
func needsContext(ctx context.Context, data *providerdata.Data, planned, state types.Object, key refusedKey, diags *diagnostics) {
	if more := data.Check(ctx, planned, apiContextPath); more.HasError() {
		diags.Append(more...)
		return
	}
	if err, refused := providerdata.Find[error](data, key); refused && planned.Equal(state) {
		tfdiag.Failure{
			Summary: key.kind + " has an API context that bunq refuses", At: apiContextPath,
			State: "nothing was changed. The configuration still has this context, so an apply could not do better.",
		}.Error(diags, err)
	}
}

// strangerError means that a context belongs to another bunq user than the
// object: bunq would answer that the object does not exist, which says nothing
// about it.
type strangerError struct {
	has  bunq.User
	want string
}

func (e *strangerError) Error() string {
	return fmt.Sprintf("the API context belongs to bunq user %d (%s), and this object to bunq user %s; nothing was sent about it",
		e.has.ID, e.has.DisplayName, e.want)
}

// sameUser returns a *strangerError where the context belongs to another user,
// and the error of a session that cannot be opened.
func sameUser(ctx context.Context, access *providerdata.Access, user types.String) error {
	u, err := access.Calls.User(ctx)
	if err != nil {
		return err
	}
	if user.ValueString() != itoa(u.ID) {
		return &strangerError{has: u, want: user.ValueString()}
	}
	return nil
}

// report reports err as that failure.
func report(f tfdiag.Failure, diags *diagnostics, err error) {
	if stranger, ok := err.(*strangerError); ok { //nolint:errorlint // sameUser returns it as it is
		f.At = apiContextPath
		f.Next = "use the context of bunq user " + stranger.want + ". In the sandbox the subject of the certificate names the user, in production its " +
			"organizationIdentifier: a certificate with another one is another user."
	}
	f.Error(diags, err)
}

// moved is the failure of an update to a context of another user.
func moved(resource string) tfdiag.Failure {
	return tfdiag.Failure{Summary: resource + " cannot move to another bunq user", State: "the state stays as it was, and nothing was changed at bunq."}
}

package providerdata

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/session"
)

// Data is what the provider's Configure passes to resources and the like. All operations
// of a run share it. It is safe for concurrent use.
type Data struct {
	// Environment is the one that the provider is configured for.
	Environment bunq.Environment
	// Client calls bunq. It is nil while the provider's settings are unknown.
	Client *bunq.Client
	// Sessions opens sessions, one for each context and run.
	Sessions *session.Broker
	// Default is the context of the provider block, nil if it has none.
	Default *bunq.APIContext
	// DefaultUnknown is true if the provider block has a context whose value is not
	// known yet.
	DefaultUnknown bool
	// DefaultProblem is why the context of the provider block cannot be used; nil if it
	// can, or if there is none. It is reported for the resources that would use it.
	DefaultProblem *Problem
	// Unknown names the settings of the provider block that are not known yet.
	// Nothing can be sent until they are.
	Unknown []string
	// Clock returns the time; nil for that of the system.
	Clock func() time.Time

	waits waits // see Operation

	refusals refusals

	mu   sync.Mutex
	seen []bunq.APIContext // see Remember

	parsed parsedContexts
}

// Problem is an error that is only reported if it matters.
type Problem struct {
	Summary, Detail string
}

// Format prevents every verb from printing the secrets in d: fmt does not call methods of
// unexported fields.
func (d *Data) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, "providerdata.Data("+string(d.Environment)+")") // fmt.State swallows write errors
}

// Now returns the time for checks of certificates and unused keys.
func (d *Data) Now() time.Time {
	if d == nil || d.Clock == nil {
		return time.Now()
	}
	return d.Clock()
}

// Ready reports whether calls can be made, and adds an error if not. During a plan, the
// provider block may have values that are only known after the apply. That is an error
// only for an operation that needs bunq.
func (d *Data) Ready(diags *diag.Diagnostics) bool {
	if len(d.Unknown) == 0 {
		return true
	}
	diags.AddError("The provider configuration is not known yet", fmt.Sprintf(
		"This operation must ask bunq, but these settings of the provider block are only known after an apply: %s.\n\n"+
			"Next step: give them values that are known at plan, or apply what they depend on first "+
			"(terraform apply -target=…).", strings.Join(d.Unknown, ", ")))
	return false
}

// ReadyToRead reports whether a refresh of what can call bunq. It cannot if the provider
// block has values that are only known after the apply. That is no error: a warning says
// that the state is kept as it is.
func (d *Data) ReadyToRead(what string, diags *diag.Diagnostics) bool {
	if len(d.Unknown) == 0 {
		return true
	}
	diags.AddWarning(what+" is not refreshed", fmt.Sprintf(
		"These settings of the provider block are only known after an apply: %s. So bunq was not asked, and the state is kept as it is. "+
			"The next plan shows what has changed at bunq in the meantime.", strings.Join(d.Unknown, ", ")))
	return false
}

// Calls returns the calls that need a session, made with ac.
func (d *Data) Calls(ac bunq.APIContext) *bunq.UserClient {
	return d.parsed.callsOf(ac, func() *bunq.UserClient {
		d.Remember(ac)
		return d.Client.WithSession(ac, d.Sessions.For(ac))
	})
}

// Remember keeps the contexts of this run, newest last. An import only knows its user, and
// finds the context to call bunq with among them. A device adds its own in a plan as
// well, even without a refresh.
func (d *Data) Remember(ac bunq.APIContext) {
	d.mu.Lock()
	defer d.mu.Unlock()
	fp := ac.Fingerprint()
	for _, s := range d.seen {
		if s.Fingerprint() == fp {
			return
		}
	}
	d.seen = append(d.seen, ac)
}

// Seen returns the contexts that this run has used so far.
func (d *Data) Seen() []bunq.APIContext {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.seen)
}

// SameEnvironment reports whether something was made in the environment of the provider,
// and adds an error if not: a sandbox installation is useless in production, and its
// token must not be sent there.
func (d *Data) SameEnvironment(made string, what string, at path.Path, diags *diag.Diagnostics) bool {
	if made == "" || made == string(d.Environment) || d.Environment == "" {
		return true
	}
	problem := d.otherEnvironment(made, what)
	diags.AddAttributeError(at, problem.Summary, problem.Detail)
	return false
}

func (d *Data) otherEnvironment(made, what string) Problem {
	env, err := bunq.ParseEnvironment(made)
	if err != nil {
		// The value is not repeated: it may be a secret, as members are easily mixed up.
		return Problem{"Unknown environment", fmt.Sprintf("The environment of the %s is neither \"sandbox\" nor \"production\". "+
			"Nothing was sent, and the state is as it was.", what)}
	}
	return Problem{"Made in another environment", fmt.Sprintf(
		"The %s was made in bunq's %s environment, and this provider is configured for %s. "+
			"Nothing was sent, and the state is as it was.\n\n"+
			"Next step: set environment = %q in the provider block (or BUNQ_ENVIRONMENT), or use a separate "+
			"Terraform workspace or state for each environment.",
		what, env, d.Environment, env)}
}

// SetDefault makes ac the context for resources that have none, if it belongs to the
// configured environment. Otherwise it sets DefaultProblem, which only matters to the
// resources that would use it: an alias may see an environment variable that is meant
// for another provider block.
func (d *Data) SetDefault(ac bunq.APIContext, what string) {
	if ac.Environment != d.Environment && d.Environment != "" {
		problem := d.otherEnvironment(string(ac.Environment), what)
		d.DefaultProblem = &problem
		return
	}
	d.Default = &ac
}

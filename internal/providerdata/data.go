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

// Data is what the provider's Configure hands on. It is shared by all
// operations of one run and safe for concurrent use.
type Data struct {
	// Environment is the one that the provider is configured for.
	Environment bunq.Environment
	// Client calls bunq. It is nil while the provider's settings are unknown.
	Client *bunq.Client
	// Sessions opens sessions, one for each context and run.
	Sessions *session.Broker
	// Default is the context of the provider block, nil where it has none.
	Default *bunq.APIContext
	// DefaultUnknown says that the provider block has a context whose value is
	// not known yet.
	DefaultUnknown bool
	// DefaultProblem is why the context that the provider block sees cannot serve
	// this configuration; nil where it can, or where there is none. It is reported
	// to those that would use it.
	DefaultProblem *Problem
	// Unknown names the settings of the provider block that are not known yet.
	// Nothing can be sent until they are.
	Unknown []string
	// Clock returns the time; nil: the system's.
	Clock func() time.Time

	shared sync.Map // see Share
	waits  waits    // see Operation

	mu   sync.Mutex
	seen []bunq.APIContext // see Remember

	parsed parsedContexts
}

// Problem is an error that is reported where it matters.
type Problem struct {
	Summary, Detail string
}

// Format keeps every verb from printing the secrets that d holds: fmt calls no
// methods of what lies in unexported fields.
func (d *Data) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, "providerdata.Data("+string(d.Environment)+")") // fmt.State swallows write errors
}

// Now is the time by which certificates and unused keys are judged.
func (d *Data) Now() time.Time {
	if d == nil || d.Clock == nil {
		return time.Now()
	}
	return d.Clock()
}

// Ready reports whether calls can be made, and says why not. During a plan the
// provider block may hold values that only an apply will know; that is an
// error only for the operation that needs bunq.
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

// ReadyToRead reports whether a refresh of what can ask bunq. Where the provider
// block holds values that only the apply will know it cannot, which is no error:
// a warning says that the state is kept as it is.
func (d *Data) ReadyToRead(what string, diags *diag.Diagnostics) bool {
	if len(d.Unknown) == 0 {
		return true
	}
	diags.AddWarning(what+" is not refreshed", fmt.Sprintf(
		"These settings of the provider block are only known after an apply: %s. So bunq was not asked, and the state is kept as it is. "+
			"What was changed at bunq meanwhile is seen by the next plan.", strings.Join(d.Unknown, ", ")))
	return false
}

// Calls returns the calls that need a session, made with ac.
func (d *Data) Calls(ac bunq.APIContext) *bunq.UserClient {
	return d.parsed.callsOf(ac, func() *bunq.UserClient {
		d.Remember(ac)
		return d.Client.WithSession(ac, d.Sessions.For(ac))
	})
}

// Remember keeps the contexts of this run, newest last: an import knows its
// user only, and finds the context to ask with among them. A device names its
// own in a plan, too, where nothing is refreshed.
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

// SameEnvironment refuses to use something that was made in another
// environment: a sandbox installation is worth nothing at production, and
// sending its token there would give it away.
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
		// It is not repeated: it comes from an object whose other members are secrets.
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

// SetDefault makes ac the context for resources that name none, if it belongs to
// the configured environment. Where it does not, that is a problem of those that
// would use it, and of no other: an alias may see a variable that is meant for
// another one.
func (d *Data) SetDefault(ac bunq.APIContext, what string) {
	if ac.Environment != d.Environment && d.Environment != "" {
		problem := d.otherEnvironment(string(ac.Environment), what)
		d.DefaultProblem = &problem
		return
	}
	d.Default = &ac
}

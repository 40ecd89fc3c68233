package providerdata

import (
	"fmt"
	"io"
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
	DefaultProblem diag.Diagnostic
	// Unknown names the settings of the provider block that are not known yet.
	// Nothing can be sent until they are.
	Unknown []string
	// Clock returns the time; nil for that of the system.
	Clock func() time.Time

	waits waits // see Operation

	mu       sync.Mutex
	contexts []*usedContext                      // see Remember
	parsed   map[APIContextModel]bunq.APIContext // see parse
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

// SameEnvironment reports whether something was made in the environment of the provider,
// and adds an error if not: a sandbox installation is useless in production, and its
// token must not be sent there.
func (d *Data) SameEnvironment(made string, what string, at path.Path, diags *diag.Diagnostics) bool {
	if made == "" || made == string(d.Environment) || d.Environment == "" {
		return true
	}
	diags.Append(diag.WithPath(at, d.otherEnvironment(made, what)))
	return false
}

func (d *Data) otherEnvironment(made, what string) diag.Diagnostic {
	env, err := bunq.ParseEnvironment(made)
	if err != nil {
		// The value is not repeated: it may be a secret, as members are easily mixed up.
		return diag.NewErrorDiagnostic("Unknown environment", "The environment of the "+what+" is neither \"sandbox\" nor \"production\". "+
			"Nothing was sent, and the state is as it was.")
	}
	return diag.NewErrorDiagnostic("Made in another environment", fmt.Sprintf(
		"The %s was made in bunq's %s environment, and this provider is configured for %s. "+
			"Nothing was sent, and the state is as it was.\n\n"+
			"Next step: set environment = %q in the provider block (or BUNQ_ENVIRONMENT), or use a separate "+
			"Terraform workspace or state for each environment.",
		what, env, d.Environment, env))
}

// SetDefault makes ac the context for resources that have none, if it belongs to the
// configured environment. Otherwise it sets DefaultProblem, which only matters to the
// resources that would use it: an alias may see an environment variable that is meant
// for another provider block.
func (d *Data) SetDefault(ac bunq.APIContext, what string) {
	if ac.Environment != d.Environment && d.Environment != "" {
		d.DefaultProblem = d.otherEnvironment(string(ac.Environment), what)
		return
	}
	d.Default = &ac
}

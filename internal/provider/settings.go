package provider

import (
	"context"
	"crypto/x509"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
	"github.com/openpsd2/terraform-provider-bunq/internal/sdkconf"
	"github.com/openpsd2/terraform-provider-bunq/internal/tfdiag"
)

// Defaults of the provider block.
const (
	defaultRequestTimeout = 30 * time.Second
	defaultMaxWait        = 15 * time.Minute
)

// model is the provider block.
type model struct {
	Environment    types.String `tfsdk:"environment"`
	BaseURL        types.String `tfsdk:"base_url"`
	APIContext     types.Object `tfsdk:"api_context"`
	ContextFile    types.String `tfsdk:"context_file"`
	RequestTimeout types.String `tfsdk:"request_timeout"`
	MaxWait        types.String `tfsdk:"max_wait"`
	CACertFile     types.String `tfsdk:"ca_cert_file"`
	SessionCache   types.Bool   `tfsdk:"session_cache"`
}

// settings is the provider block completed with environment variables and defaults.
type settings struct {
	getenv func(string) string

	environment    bunq.Environment
	baseURL        *url.URL
	requestTimeout time.Duration
	maxWait        time.Duration
	roots          *x509.CertPool // nil: the system's
	sessionCache   bool
	unknown        []string
}

// origin is where a value came from, so that an error names what to change.
type origin struct {
	attribute string
	variable  string
}

func (o origin) String() string {
	if o.variable != "" {
		return "environment variable " + o.variable
	}
	return o.attribute
}

// fault reports a bad value at its attribute, or without one for an environment variable.
func (o origin) fault(diags *diag.Diagnostics, summary, detail string) {
	if o.variable != "" {
		diags.AddError(summary, "Environment variable "+o.variable+": "+detail)
		return
	}
	diags.AddAttributeError(path.Root(o.attribute), summary, detail)
}

// setting returns the value of an attribute, or of its environment variable. An empty variable
// counts as not set.
func (s *settings) setting(v types.String, attribute, variable string) (string, origin) {
	switch {
	case v.IsUnknown():
		s.unknown = append(s.unknown, attribute)
		return "", origin{attribute: attribute}
	case !v.IsNull():
		return v.ValueString(), origin{attribute: attribute}
	}
	if text := s.getenv(variable); text != "" {
		return text, origin{attribute: attribute, variable: variable}
	}
	return "", origin{attribute: attribute}
}

// settingsFrom reads the provider block, and what it leaves out from the environment.
func settingsFrom(m model, getenv func(string) string, diags *diag.Diagnostics) *settings {
	s := &settings{getenv: getenv, environment: bunq.Sandbox, sessionCache: true}
	s.setEnvironment(m, diags)
	s.setBaseURL(m, diags)
	s.requestTimeout = s.duration(m.RequestTimeout, "request_timeout", "BUNQ_REQUEST_TIMEOUT", defaultRequestTimeout, diags)
	s.maxWait = s.duration(m.MaxWait, "max_wait", "BUNQ_MAX_WAIT", defaultMaxWait, diags)
	s.setRoots(m, diags)
	s.setSessionCache(m, diags)
	return s
}

func (s *settings) setEnvironment(m model, diags *diag.Diagnostics) {
	text, at := s.setting(m.Environment, "environment", "BUNQ_ENVIRONMENT")
	if m.Environment.IsUnknown() {
		s.environment = ""
		return
	}
	if text == "" && m.Environment.IsNull() {
		return
	}

	env, err := bunq.ParseEnvironment(text)
	if err != nil {
		at.fault(diags, "Unknown environment", tfdiag.Sentence(err))
		return
	}
	s.environment = env
}

func (s *settings) setBaseURL(m model, diags *diag.Diagnostics) {
	text, at := s.setting(m.BaseURL, "base_url", "BUNQ_BASE_URL")
	if m.BaseURL.IsUnknown() || s.environment == "" {
		return
	}
	if text == "" && m.BaseURL.IsNull() {
		text = s.environment.BaseURL()
	}

	u, err := bunq.ParseBaseURL(text)
	if err != nil {
		at.fault(diags, "Unusable base URL", tfdiag.Sentence(err))
		return
	}

	if env, ok := bunq.EnvironmentOf(u); ok && env != s.environment {
		// It does not say how to get to the other one: that is nothing to do in passing.
		at.fault(diags, "Base URL of another environment", fmt.Sprintf(
			"%s is not the address of bunq's %s environment, which this provider is configured for.\n\n"+
				"Next step: omit base_url (BUNQ_BASE_URL): each environment has its own default.", u.Host, s.environment))
		return
	}

	if u.Scheme == "https" {
		if err := bunq.CheckProxy(); err != nil {
			diags.AddError("Unusable proxy", tfdiag.Sentence(err)+"\n\nNext step: correct the variable, or unset it.")
			return
		}
	}

	s.baseURL = u
}

// maxCACerts is in bytes, and several times what a whole system trusts.
const maxCACerts = 4 << 20

// setRoots trusts the certificates of a file beside the system's.
func (s *settings) setRoots(m model, diags *diag.Diagnostics) {
	file, at := s.setting(m.CACertFile, "ca_cert_file", "BUNQ_CA_CERT_FILE")
	if file == "" && (m.CACertFile.IsNull() || m.CACertFile.IsUnknown()) {
		return
	}

	text, err := sdkconf.ReadFile(file, maxCACerts)
	if err != nil {
		at.fault(diags, "Unusable CA certificates", tfdiag.Sentence(fmt.Errorf("the file cannot be read: %w", err)))
		return
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool() // a system without certificates
	}
	if !roots.AppendCertsFromPEM(text) {
		at.fault(diags, "Unusable CA certificates", fmt.Sprintf("The file %s holds no certificate in PEM (-----BEGIN CERTIFICATE-----).", file))
		return
	}
	s.roots = roots
}

func (s *settings) duration(v types.String, attribute, variable string, standard time.Duration, diags *diag.Diagnostics) time.Duration {
	text, at := s.setting(v, attribute, variable)
	if text == "" && (v.IsNull() || v.IsUnknown()) {
		return standard
	}

	d, err := time.ParseDuration(text)
	switch {
	case err != nil:
		at.fault(diags, "Not a duration", fmt.Sprintf("%q is not a Go duration. Write a number with its unit, such as \"30s\", \"5m\" or \"1h30m\".", text))
	case d <= 0:
		at.fault(diags, "Not a usable duration", fmt.Sprintf("%q must be more than zero; the default is %s.", text, standard))
	}
	return d
}

func (s *settings) setSessionCache(m model, diags *diag.Diagnostics) {
	switch {
	case m.SessionCache.IsUnknown():
		s.unknown = append(s.unknown, "session_cache")
	case !m.SessionCache.IsNull():
		s.sessionCache = m.SessionCache.ValueBool()
	default:
		text := s.getenv("BUNQ_SESSION_CACHE")
		if text == "" {
			return
		}
		on, err := strconv.ParseBool(text)
		if err != nil {
			origin{variable: "BUNQ_SESSION_CACHE"}.fault(diags, "Neither true nor false", fmt.Sprintf("%q must be \"true\" or \"false\".", text))
			return
		}
		s.sessionCache = on
	}
}

// defaultContext sets the context for resources without one of their own. The object takes
// precedence over the environment variable of the file; both in the block are an error.
func (s *settings) defaultContext(ctx context.Context, m model, data *providerdata.Data, diags *diag.Diagnostics) {
	switch {
	case !m.APIContext.IsNull() && !m.ContextFile.IsNull():
		diags.AddAttributeError(path.Root("context_file"), "Two API contexts", "api_context and context_file are both set. Remove one of them.")
	case m.APIContext.IsUnknown(), m.ContextFile.IsUnknown():
		data.DefaultUnknown = true
	case m.APIContext.IsNull():
		if file, at := s.setting(m.ContextFile, "context_file", "BUNQ_CONTEXT_FILE"); file != "" {
			contextFromFile(file, at, data, diags)
		}
	default:
		var object providerdata.APIContextModel
		diags.Append(m.APIContext.As(ctx, &object, basetypes.ObjectAsOptions{})...)
		if diags.HasError() {
			return
		}
		if !object.Known() {
			data.DefaultUnknown = true
			return
		}
		ac, more := object.Parse(path.Root("api_context"))
		diags.Append(more...)
		if !diags.HasError() {
			data.SetDefault(ac, "API context of the provider block")
		}
	}
}

// contextFromFile sets the context from a file. A file named in the block must be usable. One named
// only by the environment variable may be meant for another configuration, so it is only an error
// for the resources that would use it.
func contextFromFile(file string, at origin, data *providerdata.Data, diags *diag.Diagnostics) {
	var found diag.Diagnostics
	content, err := sdkconf.Read(file)
	if err != nil {
		at.fault(&found, "Unusable context file", tfdiag.Sentence(err))
	} else {
		ac, more := providerdata.FromContextFile(content).Parse(path.Root("context_file"))
		found.Append(more...)
		if !found.HasError() {
			data.SetDefault(ac, "context file ("+at.String()+")")
			return
		}
	}

	if at.variable == "" {
		diags.Append(found...)
		return
	}
	data.DefaultProblem = found[0]
}

// defaultCacheDir returns the folder for what is kept between runs.
func defaultCacheDir() (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "terraform-provider-bunq"), nil
}

package provider

import (
	"context"
	"net/http"
	"os"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/functions"
	"github.com/openpsd2/terraform-provider-bunq/internal/lookup"
	"github.com/openpsd2/terraform-provider-bunq/internal/oauthapp"
	"github.com/openpsd2/terraform-provider-bunq/internal/onboarding"
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
	"github.com/openpsd2/terraform-provider-bunq/internal/ratelimit"
	"github.com/openpsd2/terraform-provider-bunq/internal/session"
)

const (
	// TypeName is the prefix of the resource types.
	TypeName = "bunq"
	// Address is the provider's address in the registry.
	Address = "registry.terraform.io/openpsd2/bunq"
)

var (
	_ provider.ProviderWithFunctions          = (*Bunq)(nil)
	_ provider.ProviderWithEphemeralResources = (*Bunq)(nil)
	_ provider.ProviderWithListResources      = (*Bunq)(nil)
)

// Bunq is the provider.
type Bunq struct {
	version string
	options options
}

// Option changes how the provider works, for tests.
type Option func(*options)

type options struct {
	limits       ratelimit.Table
	openInterval time.Duration
	cacheDir     func() (string, error)
	transport    http.RoundTripper
	clock        func() time.Time
	getenv       func(string) string
}

// WithoutPacing sends calls without waiting for limits, for tests with a simulator that has none.
func WithoutPacing() Option {
	return func(o *options) {
		o.limits = func(ratelimit.Key) (ratelimit.Limit, bool) { return ratelimit.Limit{}, false }
		o.openInterval = time.Nanosecond
	}
}

// WithCacheDir keeps sessions in dir instead of the user's cache folder.
func WithCacheDir(dir string) Option {
	return func(o *options) { o.cacheDir = func() (string, error) { return dir, nil } }
}

// WithClock uses now instead of the system's clock for certificates and unused keys. Waiting and
// sessions still use the system's.
func WithClock(now func() time.Time) Option {
	return func(o *options) { o.clock = now }
}

// WithTransport sends requests through rt instead of over the network.
func WithTransport(rt http.RoundTripper) Option {
	return func(o *options) { o.transport = rt }
}

// WithEnvironment takes the environment variables from getenv instead of the process.
func WithEnvironment(getenv func(name string) string) Option {
	return func(o *options) { o.getenv = getenv }
}

// New returns the provider's constructor.
func New(version string, opts ...Option) func() provider.Provider {
	o := options{limits: ratelimit.Published, cacheDir: defaultCacheDir, getenv: os.Getenv}
	for _, set := range opts {
		set(&o)
	}

	return func() provider.Provider { return &Bunq{version: version, options: o} }
}

// Metadata names the provider.
func (p *Bunq) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = TypeName
	resp.Version = p.version
}

// Schema describes the provider block.
func (p *Bunq) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Declares the PSD2 access of a licensed payment company to [bunq](https://www.bunq.com): installation, QSEAL certificate, " +
			"API key, device, OAuth client and callback URLs.",

		Attributes: map[string]schema.Attribute{
			"environment": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "`sandbox` (default) or `production`. It must match `base_url` if that is one of bunq's own addresses. Environment " +
					"variable: `BUNQ_ENVIRONMENT`.",
			},
			"base_url": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "Another address of the API, with its version path (`…/v1`): https, or http to a loopback host only. Environment variable: " +
					"`BUNQ_BASE_URL`.",
			},
			"api_context": schema.SingleNestedAttribute{
				Optional: true,
				MarkdownDescription: "The context for resources without an `api_context` of their own. Conflicts with `context_file`. A context of another " +
					"environment is an error for the resources that would use it.",
				Attributes: apiContextMembers(),
			},
			"context_file": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "Path of a context file of one of bunq's SDKs (`bunq.conf`) with the same content. Environment variable: " +
					"`BUNQ_CONTEXT_FILE`; an unusable file named there is an error only for the resources that would use it.",
			},
			"request_timeout": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "How long one HTTP exchange may take, as a Go duration such as `30s` (default). Environment variable: `BUNQ_REQUEST_TIMEOUT`.",
			},
			"max_wait": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "How long one operation (one create, read, update or delete of one resource) may take in total, including retries and " +
					"waiting for limits and for a session, as a Go duration such as `15m` (default). Environment variable: `BUNQ_MAX_WAIT`.",
			},
			"ca_cert_file": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "Path of a PEM file with certificates of authorities to trust beside the system's, for a network that inspects TLS. Environment " +
					"variable: `BUNQ_CA_CERT_FILE`. Whoever has the key of one of them can read the calls, tokens included.",
			},
			"session_cache": schema.BoolAttribute{
				Optional: true,
				MarkdownDescription: "Keep sessions between runs, encrypted, in the user's cache folder, because bunq allows one new session every 30 " +
					"seconds (default `true`). Environment variable: `BUNQ_SESSION_CACHE`.",
			},
		},
	}
}

// apiContextMembers returns the attributes of api_context, as a user writes them.
func apiContextMembers() map[string]schema.Attribute {
	return providerdata.APIContextAttributes(func(m providerdata.APIContextMember) schema.Attribute {
		return schema.StringAttribute{Required: true, Sensitive: m.Sensitive, MarkdownDescription: m.Description}
	})
}

// shared is what resources get: the Data of this run, and what the resources of each package share.
type shared struct {
	*providerdata.Data

	onboarding *onboarding.Run
	oauthapp   *oauthapp.Run
}

// OnboardingRun returns what the resources of package onboarding share.
func (s shared) OnboardingRun() *onboarding.Run { return s.onboarding }

// OAuthAppRun returns what the resources of package oauthapp share.
func (s shared) OAuthAppRun() *oauthapp.Run { return s.oauthapp }

// Configure builds what the resources use. It makes no calls, and does not fail because a value is
// not known yet.
func (p *Bunq) Configure(ctx context.Context, req provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	var m model
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}

	s := settingsFrom(m, p.options.getenv, &resp.Diagnostics)
	data := &providerdata.Data{Environment: s.environment, Unknown: s.unknown, Clock: p.options.clock}
	s.defaultContext(ctx, m, data, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}

	resp.ResourceData = shared{data, onboarding.NewRun(), oauthapp.NewRun()}
	resp.DataSourceData, resp.EphemeralResourceData, resp.ListResourceData = data, data, data
	if len(s.unknown) > 0 {
		return
	}

	client, err := bunq.NewClient(bunq.Config{
		BaseURL: s.baseURL, Environment: s.environment, UserAgent: "terraform-provider-bunq/" + p.version,
		RequestTimeout: s.requestTimeout, MaxWait: s.maxWait, Roots: s.roots, Transport: p.options.transport,
		Limits: ratelimit.New(p.options.limits), Logger: tfLogger{},
	})
	if err != nil {
		resp.Diagnostics.AddError("The provider cannot be set up", err.Error())
		return
	}

	sessions := session.Options{BaseURL: s.baseURL.String(), Logger: tfLogger{}, OpenInterval: p.options.openInterval}
	if s.sessionCache {
		// Without a cache folder, sessions are opened again in each run.
		if sessions.CacheDir, err = p.options.cacheDir(); err != nil {
			tflog.Debug(ctx, "there is no cache folder; sessions do not outlive this run", map[string]any{"reason": err.Error()})
		}
	}

	data.Client = client
	data.Sessions = session.New(client, sessions)
}

// Resources lists the resources.
func (p *Bunq) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{
		onboarding.NewSandboxCertificateResource,
		onboarding.NewInstallationResource,
		onboarding.NewCredentialResource,
		onboarding.NewDeviceServerResource,
		oauthapp.NewClientResource,
		oauthapp.NewCallbackURLResource,
		oauthapp.NewFiltersResource,
	}
}

// Functions lists the functions.
func (p *Bunq) Functions(context.Context) []func() function.Function {
	return []func() function.Function{
		functions.NewOAuthAuthorizeURL,
		functions.NewParseQSEALCertificate,
		functions.NewPKCS12Decode,
		functions.NewSDKContextJSON,
	}
}

// DataSources lists the data sources.
func (p *Bunq) DataSources(context.Context) []func() datasource.DataSource {
	return []func() datasource.DataSource{
		lookup.NewUserDataSource,
		lookup.NewOAuthClientDataSource,
		lookup.NewDeviceServersDataSource,
		lookup.NewCredentialsDataSource,
		lookup.NewCredentialIPsDataSource,
	}
}

// EphemeralResources lists the ephemeral resources.
func (p *Bunq) EphemeralResources(context.Context) []func() ephemeral.EphemeralResource {
	return []func() ephemeral.EphemeralResource{lookup.NewSessionEphemeralResource, lookup.NewOAuthClientEphemeralResource}
}

// ListResources lists the list resources.
func (p *Bunq) ListResources(context.Context) []func() list.ListResource {
	return []func() list.ListResource{
		oauthapp.NewClientListResource, oauthapp.NewCallbackURLListResource, oauthapp.NewFiltersListResource,
	}
}

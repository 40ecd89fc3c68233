package providerdata

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/session"
	"github.com/openpsd2/terraform-provider-bunq/internal/signing"
)

// usable is a Data whose client is never asked.
func usable(t *testing.T) *Data {
	t.Helper()
	u, err := bunq.ParseBaseURL("http://127.0.0.1:1/v1")
	if err != nil {
		t.Fatal(err)
	}
	client, err := bunq.NewClient(bunq.Config{BaseURL: u, Environment: bunq.Sandbox})
	if err != nil {
		t.Fatal(err)
	}
	return &Data{Environment: bunq.Sandbox, Client: client, Sessions: session.New(client, session.Options{BaseURL: u.String()})}
}

// keys are made once: it takes time, and they say nothing.
var keys = sync.OnceValue(func() (pair struct{ private, public string }) {
	key, err := signing.GenerateKey()
	if err != nil {
		panic(err)
	}
	if pair.private, err = signing.MarshalPrivateKey(key); err != nil {
		panic(err)
	}
	if pair.public, err = signing.MarshalPublicKey(&key.PublicKey); err != nil {
		panic(err)
	}
	return pair
})

var contexts atomic.Int64

// contextModel is a context of its own.
func contextModel(t *testing.T, environment string) APIContextModel {
	t.Helper()
	return APIContextModel{
		Environment:        types.StringValue(environment),
		APIKey:             types.StringValue(fmt.Sprintf("key-%d", contexts.Add(1))),
		InstallationToken:  types.StringValue("token"),
		PrivateKeyPEM:      types.StringValue(keys().private),
		ServerPublicKeyPEM: types.StringValue(keys().public),
	}
}

// Which context an operation gets, and what it says where there is none.
func TestData_Access(t *testing.T) {
	own, standard := contextModel(t, "sandbox"), contextModel(t, "sandbox")
	object := func(m APIContextModel) types.Object {
		o, diags := m.Object(t.Context())
		if diags.HasError() {
			t.Fatal(diags)
		}
		return o
	}
	parsed := func(m APIContextModel) *bunq.APIContext {
		ac, diags := m.Parse(path.Empty())
		if diags.HasError() {
			t.Fatal(diags)
		}
		return &ac
	}
	partly := own
	partly.APIKey = types.StringUnknown()
	null := types.ObjectNull(APIContextTypes())
	tests := []struct {
		name   string
		change func(*Data)
		object types.Object
		want   *APIContextModel
		says   string
	}{
		{"its own", func(d *Data) { d.Default = parsed(standard) }, object(own), &own, ""},
		{"the provider's", func(d *Data) { d.Default = parsed(standard) }, null, &standard, ""},
		{"neither", func(*Data) {}, null, nil, "Neither this resource nor the provider block says with which key to call bunq."},
		{"the provider's is not known yet", func(d *Data) { d.DefaultUnknown = true }, null, nil, "The api_context of the provider block is only known after an apply"},
		{"its own is not known yet", func(d *Data) { d.Default = parsed(standard) }, types.ObjectUnknown(APIContextTypes()), nil, "or a part of it, is only known after an apply"},
		{"a part of its own is not known yet", func(d *Data) { d.Default = parsed(standard) }, object(partly), nil, "or a part of it, is only known after an apply"},
		{"of another environment", func(*Data) {}, object(contextModel(t, "production")), nil, "was made in bunq's production environment, and this provider is configured for sandbox"},
		{"settings are not known yet", func(d *Data) { d.Unknown = []string{"base_url", "max_wait"} }, object(own), nil, "only known after an apply: base_url, max_wait."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := usable(t)
			tt.change(d)
			got, diags := d.Access(tt.object, path.Root("api_context"))
			if tt.want == nil {
				if got != nil || len(diags) != 1 || !strings.Contains(diags[0].Detail(), tt.says) {
					t.Fatalf("got %v, %v", got, diags)
				}
				return
			}
			if diags.HasError() || got.Context.Fingerprint() != parsed(*tt.want).Fingerprint() || got.Calls == nil {
				t.Errorf("another context (%v)", diags)
			}
		})
	}
}

// What Access would refuse at apply is reported at plan, as far as it is known.
func TestData_Check(t *testing.T) {
	object := func(change func(*APIContextModel)) types.Object {
		m := contextModel(t, "sandbox")
		change(&m)
		o, diags := m.Object(t.Context())
		if diags.HasError() {
			t.Fatal(diags)
		}
		return o
	}
	production := func(m *APIContextModel) { m.Environment = types.StringValue("production") }
	null := types.ObjectNull(APIContextTypes())
	tests := []struct {
		name   string
		change func(*Data)
		object types.Object
		says   string
	}{
		{"its own", func(*Data) {}, object(func(*APIContextModel) {}), ""},
		{"its own of another environment", func(*Data) {}, object(production), "was made in bunq's production environment"},
		{
			"its own of another environment, with a key that is not known yet", func(*Data) {},
			object(func(m *APIContextModel) { production(m); m.APIKey = types.StringUnknown() }), "was made in bunq's production environment",
		},
		{"its own is not known yet", func(*Data) {}, types.ObjectUnknown(APIContextTypes()), ""},
		{"incomplete", func(*Data) {}, object(func(m *APIContextModel) { m.APIKey = types.StringValue("") }), "has no api_key"},
		{"a key from a file with a line end", func(*Data) {}, object(func(m *APIContextModel) { m.APIKey = types.StringValue("key\n") }),
			"The api_key of the API context has a blank or a line end in it"},
		{"a token with a blank", func(*Data) {}, object(func(m *APIContextModel) { m.InstallationToken = types.StringValue(" token") }),
			"The installation_token of the API context has a blank or a line end in it"},
		{"neither", func(*Data) {}, null, "Neither this resource nor the provider block"},
		{"the provider's is not known yet", func(d *Data) { d.DefaultUnknown = true }, null, ""},
		{"the provider's cannot serve", func(d *Data) { d.DefaultProblem = diag.NewErrorDiagnostic("No", "It cannot serve.") }, null, "It cannot serve."},
		{"its own, and the provider's cannot serve", func(d *Data) { d.DefaultProblem = diag.NewErrorDiagnostic("No", "It cannot serve.") }, object(func(*APIContextModel) {}), ""},
		{"settings are not known yet", func(d *Data) { d.Unknown = []string{"environment"} }, object(production), ""},
		{
			"an environment that is a secret by mistake, with a key that is not known yet", func(*Data) {},
			object(func(m *APIContextModel) {
				m.Environment, m.APIKey = types.StringValue("s3cret"), types.StringUnknown()
			}), `neither "sandbox" nor "production"`,
		},
		{
			"an environment that is a secret by mistake", func(*Data) {},
			object(func(m *APIContextModel) { m.Environment = types.StringValue("s3cret") }), `neither "sandbox" nor "production"`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := usable(t)
			tt.change(d)
			diags := d.Check(tt.object, path.Root("api_context"))
			if tt.says == "" {
				if len(diags) > 0 {
					t.Errorf("got %v", diags)
				}
				return
			}
			if len(diags) != 1 || !strings.Contains(diags[0].Detail(), tt.says) || strings.Contains(diags[0].Detail(), "s3cret") {
				t.Errorf("got %v", diags)
			}
		})
	}
}

// A refresh that cannot ask keeps the state with a warning.
func TestData_ReadyToRead(t *testing.T) {
	var diags diag.Diagnostics
	if d := usable(t); !d.ReadyToRead("the thing", &diags) || len(diags) > 0 {
		t.Errorf("everything is known: %v", diags)
	}
	d := &Data{Unknown: []string{"base_url"}}
	if d.ReadyToRead("the thing", &diags) || diags.HasError() || len(diags) != 1 || !strings.Contains(diags[0].Detail(), "base_url") {
		t.Errorf("base_url is not known: %v", diags)
	}
}

func TestData_sameEnvironment(t *testing.T) {
	tests := []struct {
		configured bunq.Environment
		made       string
		same       bool
	}{
		{bunq.Sandbox, "sandbox", true},
		{bunq.Production, "production", true},
		{bunq.Sandbox, "production", false},
		{bunq.Production, "sandbox", false},
		{bunq.Sandbox, "", true}, // not known yet
		{"", "production", true}, // the provider's is not known yet
	}
	for _, tt := range tests {
		var diags diag.Diagnostics
		d := &Data{Environment: tt.configured}
		if got := d.SameEnvironment(tt.made, "thing", path.Root("x"), &diags); got != tt.same || diags.HasError() == tt.same {
			t.Errorf("made in %q, configured for %q: %v, %v", tt.made, tt.configured, got, diags)
		}
	}
}

func TestData_seenOnceEach(t *testing.T) {
	d := usable(t)
	first, _ := contextModel(t, "sandbox").Parse(path.Empty())
	second, _ := contextModel(t, "sandbox").Parse(path.Empty())
	for _, ac := range []bunq.APIContext{first, second, first} {
		d.Calls(ac)
	}
	seen := d.Seen()
	if len(seen) != 2 || seen[0].Fingerprint() != first.Fingerprint() || seen[1].Fingerprint() != second.Fingerprint() {
		t.Errorf("%d contexts", len(seen))
	}
}

func TestData_Now(t *testing.T) {
	then := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	if got := (&Data{Clock: func() time.Time { return then }}).Now(); !got.Equal(then) {
		t.Errorf("got %v", got)
	}
	var none *Data
	for _, d := range []*Data{none, {}} {
		if since := time.Since(d.Now()); since < 0 || since > time.Minute {
			t.Errorf("not the system's time: %v ago", since)
		}
	}
}

func TestBase_Configure(t *testing.T) {
	var b Base
	var resp resource.ConfigureResponse
	b.Configure(t.Context(), resource.ConfigureRequest{}, &resp)
	if b.Data != nil || len(resp.Diagnostics) > 0 {
		t.Error("validation has no data, which is no error")
	}
	b.Configure(t.Context(), resource.ConfigureRequest{ProviderData: "wrong"}, &resp)
	if b.Data != nil || !resp.Diagnostics.HasError() {
		t.Error("wrong data is taken")
	}
	data := &Data{}
	b.Configure(t.Context(), resource.ConfigureRequest{ProviderData: data}, &resource.ConfigureResponse{})
	if b.Data != data {
		t.Error("the data is not taken")
	}
}

// A context of the provider block that belongs elsewhere is the problem of those who
// would use it.
func TestData_SetDefault(t *testing.T) {
	for _, tt := range []struct {
		name       string
		configured bunq.Environment
		usable     bool
	}{
		{"of the same environment", bunq.Production, true},
		{"of another environment", bunq.Sandbox, false},
		{"while the environment is not known yet", "", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := &Data{Environment: tt.configured}
			d.SetDefault(bunq.APIContext{Environment: bunq.Production, APIKey: "s3cret"}, "context file")
			if (d.Default != nil) != tt.usable || (d.DefaultProblem == nil) != tt.usable {
				t.Fatalf("default %v, problem %v", d.Default != nil, d.DefaultProblem)
			}
			if !tt.usable && !strings.Contains(d.DefaultProblem.Detail(), "The context file was made in bunq's production environment") {
				t.Errorf("got %v", d.DefaultProblem)
			}
		})
	}
}

// What cannot be read is said of the object as a whole, without a word of its secrets.
func TestParse_unusableKeys(t *testing.T) {
	m := contextModel(t, "sandbox")
	whole := InstallationModel{Environment: m.Environment, Token: m.InstallationToken, PrivateKeyPEM: m.PrivateKeyPEM, ServerPublicKeyPEM: m.ServerPublicKeyPEM}
	if _, diags := whole.Parse(path.Root("installation")); len(diags) > 0 {
		t.Errorf("a good installation: %v", diags)
	}
	if got := whole.Context(m.APIKey); got != m {
		t.Errorf("with its API key, another context: %v", got)
	}

	m.PrivateKeyPEM, whole.PrivateKeyPEM = types.StringValue("s3cret"), types.StringValue("s3cret")
	_, ofContext := m.Parse(path.Root("api_context"))
	_, ofInstallation := whole.Parse(path.Root("installation"))
	for want, got := range map[string]diag.Diagnostics{
		"The keys of the API context cannot be read: private key of the installation: ":            ofContext,
		"The token or a key of the installation cannot be read: private key of the installation: ": ofInstallation,
	} {
		if len(got) != 1 || !strings.HasPrefix(got[0].Detail(), want) || !strings.Contains(got[0].Detail(), "\n\nNext step: pass the ") ||
			strings.Contains(got[0].Detail(), "s3cret") {
			t.Errorf("got %v, want %q", got, want)
		}
	}
}

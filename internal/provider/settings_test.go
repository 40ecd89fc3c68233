package provider

import (
	"crypto/x509"
	"encoding/pem"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
)

const (
	sandboxURL    = "https://public-api.sandbox.bunq.com/v1"
	productionURL = "https://api.bunq.com/v1"
)

// Each setting comes from its attribute, else from its variable, else from its default; an empty
// variable counts as none.
func TestSettings_precedence(t *testing.T) {
	type result struct {
		environment    bunq.Environment
		baseURL        string
		requestTimeout time.Duration
		maxWait        time.Duration
		sessionCache   bool
	}
	defaults := result{bunq.Sandbox, sandboxURL, 30 * time.Second, 15 * time.Minute, true}
	with := func(change func(*result)) result {
		r := defaults
		change(&r)
		return r
	}
	tests := []struct {
		name  string
		block block
		env   map[string]string
		want  result
	}{
		{"nothing is set: the defaults", nil, nil, defaults},
		{
			"empty variables count as none", nil,
			map[string]string{
				"BUNQ_ENVIRONMENT": "", "BUNQ_BASE_URL": "", "BUNQ_CONTEXT_FILE": "", "BUNQ_REQUEST_TIMEOUT": "", "BUNQ_MAX_WAIT": "", "BUNQ_SESSION_CACHE": "",
			},
			defaults,
		},
		{
			"environment of the block", block{"environment": "production"}, nil,
			with(func(r *result) { r.environment, r.baseURL = bunq.Production, productionURL }),
		},
		{
			"environment of the variable", nil, map[string]string{"BUNQ_ENVIRONMENT": "production"},
			with(func(r *result) { r.environment, r.baseURL = bunq.Production, productionURL }),
		},
		{"environment: the block wins", block{"environment": "sandbox"}, map[string]string{"BUNQ_ENVIRONMENT": "production"}, defaults},
		{
			"base_url of the block", block{"base_url": "https://bunq.example.com/v1"}, nil,
			with(func(r *result) { r.baseURL = "https://bunq.example.com/v1" }),
		},
		{
			"base_url of the variable", nil, map[string]string{"BUNQ_BASE_URL": "http://127.0.0.1:8080/v1"},
			with(func(r *result) { r.baseURL = "http://127.0.0.1:8080/v1" }),
		},
		{
			"base_url: the block wins", block{"base_url": "https://a.example.com/v1"}, map[string]string{"BUNQ_BASE_URL": "https://b.example.com/v1"},
			with(func(r *result) { r.baseURL = "https://a.example.com/v1" }),
		},
		{
			"base_url does not follow the environment where it is given", block{"environment": "production", "base_url": "https://a.example.com/v1"}, nil,
			with(func(r *result) { r.environment, r.baseURL = bunq.Production, "https://a.example.com/v1" }),
		},
		{
			"request_timeout of the block", block{"request_timeout": "1m30s"}, nil,
			with(func(r *result) { r.requestTimeout = 90 * time.Second }),
		},
		{
			"request_timeout of the variable, which is not max_wait's", nil, map[string]string{"BUNQ_REQUEST_TIMEOUT": "7s"},
			with(func(r *result) { r.requestTimeout = 7 * time.Second }),
		},
		{
			"request_timeout: the block wins", block{"request_timeout": "8s"}, map[string]string{"BUNQ_REQUEST_TIMEOUT": "7s"},
			with(func(r *result) { r.requestTimeout = 8 * time.Second }),
		},
		{"max_wait of the block", block{"max_wait": "1h"}, nil, with(func(r *result) { r.maxWait = time.Hour })},
		{
			"max_wait of the variable, which is not request_timeout's", nil, map[string]string{"BUNQ_MAX_WAIT": "9m"},
			with(func(r *result) { r.maxWait = 9 * time.Minute }),
		},
		{
			"max_wait: the block wins", block{"max_wait": "8m"}, map[string]string{"BUNQ_MAX_WAIT": "9m"},
			with(func(r *result) { r.maxWait = 8 * time.Minute }),
		},
		{"session_cache of the block", block{"session_cache": false}, nil, with(func(r *result) { r.sessionCache = false })},
		{
			"session_cache of the variable", nil, map[string]string{"BUNQ_SESSION_CACHE": "false"},
			with(func(r *result) { r.sessionCache = false }),
		},
		{"session_cache: the block wins", block{"session_cache": true}, map[string]string{"BUNQ_SESSION_CACHE": "false"}, defaults},
		{"session_cache: a bad variable does not count where the block says it", block{"session_cache": true}, map[string]string{"BUNQ_SESSION_CACHE": "maybe"}, defaults},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, diags := tt.block.settings(t, tt.env)
			if diags.HasError() {
				t.Fatalf("errors: %v", diags)
			}
			got := result{s.environment, s.baseURL.String(), s.requestTimeout, s.maxWait, s.sessionCache}
			if got != tt.want {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
			if len(s.unknown) > 0 {
				t.Errorf("unknown: %v", s.unknown)
			}
		})
	}
}

// The file that is read is the block's, else the variable's, and none where the block has a context.
func TestContextFile_precedence(t *testing.T) {
	variable := map[string]string{"BUNQ_CONTEXT_FILE": "b.conf"}
	for _, tt := range []struct {
		name                   string
		block                  block
		env                    map[string]string
		wantError, wantProblem string // the file, "" for none
	}{
		{"of the block", block{"context_file": "a.conf"}, nil, "a.conf", ""},
		{"of the variable", nil, variable, "", "b.conf"},
		{"the block wins", block{"context_file": "a.conf"}, variable, "a.conf", ""},
		{"api_context of the block wins over the variable", block{"api_context": unknown}, variable, "", ""},
		{"an empty variable counts as none", nil, map[string]string{"BUNQ_CONTEXT_FILE": ""}, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			data, diags := tt.block.configure(t, tt.env)
			if tt.wantError != "" {
				if len(diags) != 1 || !strings.Contains(diags[0].Detail(), tt.wantError) {
					t.Errorf("got %v, want one error about %s", diags, tt.wantError)
				}
				return
			}
			switch {
			case len(diags) > 0:
				t.Errorf("got %v", diags)
			case (data.DefaultProblem == nil) != (tt.wantProblem == ""):
				t.Errorf("problem %v, want one about %q", data.DefaultProblem, tt.wantProblem)
			case data.DefaultProblem != nil && !strings.Contains(data.DefaultProblem.Detail(), tt.wantProblem):
				t.Errorf("problem %v, want one about %s", data.DefaultProblem, tt.wantProblem)
			}
		})
	}
}

// A bad value is reported where it was given: at the attribute, or by the name of the variable.
func TestSettings_badValues(t *testing.T) {
	const (
		duration = ` is not a Go duration. Write a number with its unit, such as "30s", "5m" or "1h30m".`
		path     = `The path must end in the version of the API: write "https://bunq.example.com/v1".`
	)
	tests := []struct {
		name      string
		block     block
		variable  string
		value     string
		attribute string
		want      string
	}{
		{"an unknown environment", block{"environment": "staging"}, "", "", "environment", `Unknown environment "staging": write "sandbox" or "production".`},
		{"another case is another word", block{"environment": "Sandbox"}, "", "", "environment", `Unknown environment "Sandbox": write "sandbox" or "production".`},
		{"an empty environment in the block is no default", block{"environment": ""}, "", "", "environment", `Unknown environment "": write "sandbox" or "production".`},
		{"an unknown environment in the variable", nil, "BUNQ_ENVIRONMENT", "staging", "", `Unknown environment "staging": write "sandbox" or "production".`},
		{
			"http to a host that is not loopback", block{"base_url": "http://bunq.example.com/v1"}, "", "", "base_url",
			`Plain http would show tokens to the network and is allowed to a loopback host only: write "https://bunq.example.com/v1".`,
		},
		{"no version path", block{"base_url": "https://bunq.example.com"}, "", "", "base_url", path},
		{"no version path in the variable", nil, "BUNQ_BASE_URL", "https://bunq.example.com/", "", path},
		{
			"production's address for the sandbox", block{"environment": "sandbox", "base_url": productionURL}, "", "", "base_url",
			"api.bunq.com is not the address of bunq's sandbox environment, which this provider is configured for.\n\n" +
				"Next step: omit base_url (BUNQ_BASE_URL): each environment has its own default.",
		},
		{
			"the sandbox's address for production", block{"environment": "production"}, "BUNQ_BASE_URL", sandboxURL, "",
			"public-api.sandbox.bunq.com is not the address of bunq's production environment, which this provider is configured for.\n\n" +
				"Next step: omit base_url (BUNQ_BASE_URL): each environment has its own default.",
		},
		{
			"a slip in a name of bunq's", block{"base_url": "https://public-api.sandbx.bunq.com/v1"}, "", "", "base_url",
			"bunq has no API at this host: its hosts are public-api.sandbox.bunq.com and api.bunq.com.",
		},
		{"not a number with unit", block{"request_timeout": "30"}, "", "", "request_timeout", `"30"` + duration},
		{"no time at all", block{"request_timeout": "0s"}, "", "", "request_timeout", `"0s" must be more than zero; the default is 30s.`},
		{"negative in the variable", nil, "BUNQ_REQUEST_TIMEOUT", "-1s", "", `"-1s" must be more than zero; the default is 30s.`},
		{"words", block{"max_wait": "five minutes"}, "", "", "max_wait", `"five minutes"` + duration},
		{"an empty duration in the block is no default", block{"max_wait": ""}, "", "", "max_wait", `""` + duration},
		{"words in the variable", nil, "BUNQ_MAX_WAIT", "long", "", `"long"` + duration},
		{
			"a file of CA certificates that is not there", block{"ca_cert_file": "/nowhere/ca.pem"}, "", "", "ca_cert_file",
			"The file cannot be read: stat /nowhere/ca.pem: no such file or directory.",
		},
		{
			"a folder of CA certificates", nil, "BUNQ_CA_CERT_FILE", "..", "",
			"The file cannot be read: .. is no file, but a folder, a pipe or a device.",
		},
		{
			"a file without CA certificates", block{"ca_cert_file": "settings.go"}, "", "", "ca_cert_file",
			"The file settings.go holds no certificate in PEM (-----BEGIN CERTIFICATE-----).",
		},
		{"neither true nor false", nil, "BUNQ_SESSION_CACHE", "maybe", "", `"maybe" must be "true" or "false".`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want, env := tt.want, map[string]string{}
			if tt.variable != "" {
				env[tt.variable] = tt.value
				want = "Environment variable " + tt.variable + ": " + want
			}
			_, diags := tt.block.settings(t, env)
			wantOnly(t, diags, tt.attribute, want)
		})
	}
}

// No value that is unknown yet makes Configure fail; each is named where it keeps calls from being
// made.
func TestConfigure_unknownValues(t *testing.T) {
	full := map[string]any{
		"environment": "sandbox", "api_key": unknown, "installation_token": "t", "private_key_pem": "k", "server_public_key_pem": "s",
	}
	tests := []struct {
		name           string
		block          block
		settings       []string
		contextUnknown bool
	}{
		{"environment", block{"environment": unknown}, []string{"environment"}, false},
		{"base_url", block{"base_url": unknown}, []string{"base_url"}, false},
		{"request_timeout", block{"request_timeout": unknown}, []string{"request_timeout"}, false},
		{"max_wait", block{"max_wait": unknown}, []string{"max_wait"}, false},
		{"ca_cert_file", block{"ca_cert_file": unknown}, []string{"ca_cert_file"}, false},
		{"session_cache", block{"session_cache": unknown}, []string{"session_cache"}, false},
		{"context_file", block{"context_file": unknown}, nil, true},
		{"api_context", block{"api_context": unknown}, nil, true},
		{"a member of api_context", block{"api_context": full}, nil, true},
		{
			"all of them",
			block{"environment": unknown, "base_url": unknown, "request_timeout": unknown, "max_wait": unknown, "session_cache": unknown, "api_context": unknown},
			[]string{"environment", "base_url", "request_timeout", "max_wait", "session_cache"}, true,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			// A variable must not stand in for a value that is not known yet.
			data, diags := tt.block.configure(t, map[string]string{"BUNQ_ENVIRONMENT": "sandbox", "BUNQ_BASE_URL": "http://127.0.0.1:1/v1"})
			if len(diags) > 0 || data == nil {
				t.Fatalf("Configure failed: %v", diags)
			}
			if !slices.Equal(data.Unknown, tt.settings) || data.DefaultUnknown != tt.contextUnknown || data.Default != nil {
				t.Errorf("unknown settings %v, context %v (%v), want %v, %v", data.Unknown, data.DefaultUnknown, data.Default, tt.settings, tt.contextUnknown)
			}
			if ready := data.Ready(&diags); ready != (len(tt.settings) == 0) {
				t.Errorf("Ready is %v", ready)
			}
		})
	}
}

// A proxy setting that net/http would ignore is an error that does not show its password; one
// that is right is none, and neither is any where no proxy is used.
func TestSettings_proxy(t *testing.T) {
	for name, c := range map[string]struct {
		block    block
		variable string
		value    string
		refused  bool
	}{
		"a carriage return at its end":      {nil, "HTTPS_PROXY", "http://joe:hunter2@proxy.example:3128\r", true},
		"in the other spelling":             {nil, "https_proxy", "http://joe:hunter2@proxy.example:port", true},
		"a scheme without a host":           {nil, "HTTPS_PROXY", "http://", true},
		"a blank in front":                  {nil, "HTTPS_PROXY", " http://joe:hunter2@proxy.example:3128", true},
		"a proxy":                           {nil, "HTTPS_PROXY", "http://joe:hunter2@proxy.example:3128", false},
		"a proxy without a scheme":          {nil, "HTTPS_PROXY", "proxy.example:3128", false},
		"socks5":                            {nil, "https_proxy", "socks5://proxy.example:1080", false},
		"no call that goes through a proxy": {block{"base_url": "http://127.0.0.1:1/v1"}, "HTTPS_PROXY", "http://joe:hunter2@proxy.example:port", false},
	} {
		t.Run(name, func(t *testing.T) {
			_, diags := c.block.settings(t, map[string]string{c.variable: c.value})
			if !c.refused {
				if len(diags) > 0 {
					t.Errorf("got %v", diags)
				}
				return
			}
			wantOnly(t, diags, "", "Environment variable "+c.variable+" is not the address of a proxy, such as http://proxy.example:3128, and would be ignored; "+
				"it may have a blank or a line break at its end.\n\nNext step: correct the variable, or unset it.")
		})
	}
}

// The certificates of the file are trusted, beside the system's.
func TestSettings_caCertFile(t *testing.T) {
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	file := filepath.Join(t.TempDir(), "ca.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}

	for name, c := range map[string]struct {
		block block
		env   map[string]string
	}{
		"of the block":    {block{"ca_cert_file": file}, nil},
		"of the variable": {nil, map[string]string{"BUNQ_CA_CERT_FILE": file}},
		"the block wins":  {block{"ca_cert_file": file}, map[string]string{"BUNQ_CA_CERT_FILE": "/nowhere"}},
	} {
		s, diags := c.block.settings(t, c.env)
		if diags.HasError() {
			t.Fatalf("%s: %v", name, diags)
		}
		if _, err := server.Certificate().Verify(x509.VerifyOptions{Roots: s.roots, DNSName: "example.com"}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if system, err := x509.SystemCertPool(); err == nil && system.Equal(s.roots) {
			t.Errorf("%s: the system's authorities alone", name)
		}
	}
	if s, _ := (block{}).settings(t, nil); s.roots != nil {
		t.Error("authorities without a file")
	}
}

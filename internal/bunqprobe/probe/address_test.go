package probe_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunqprobe/probe"
)

func TestCheckAddress(t *testing.T) {
	for name, tc := range map[string]struct {
		base, consent string
		want, refusal string
	}{
		"bunq's sandbox by default":       {consent: "1", want: probe.SandboxURL},
		"bunq's sandbox":                  {base: "https://public-api.sandbox.bunq.com/v1/", consent: "1", want: probe.SandboxURL},
		"bunq's sandbox, in capitals":     {base: "https://PUBLIC-API.sandbox.bunq.com/v1", consent: "1", want: "https://PUBLIC-API.sandbox.bunq.com/v1"},
		"a simulator":                     {base: "http://127.0.0.1:8080/v1", consent: "1", want: "http://127.0.0.1:8080/v1"},
		"a simulator over IPv6":           {base: "http://[::1]:8080/v1", consent: "1", want: "http://[::1]:8080/v1"},
		"a simulator by name":             {base: "http://localhost:8080/v1", consent: "1", want: "http://localhost:8080/v1"},
		"no consent":                      {refusal: "BUNQ_SANDBOX=1"},
		"no consent for a simulator":      {base: "http://127.0.0.1:8080/v1", refusal: "BUNQ_SANDBOX=1"},
		"another word is no consent":      {consent: "true", refusal: "BUNQ_SANDBOX=1"},
		"production":                      {base: "https://api.bunq.com/v1", consent: "1", refusal: "never asks production"},
		"production with a point":         {base: "https://api.bunq.com./v1", consent: "1", refusal: "neither"},
		"the sandbox's OAuth host":        {base: "https://api-oauth.sandbox.bunq.com/v1", consent: "1", refusal: "not its sandbox"},
		"the sandbox without TLS":         {base: "http://public-api.sandbox.bunq.com/v1", consent: "1", refusal: "https"},
		"the sandbox on another port":     {base: "https://public-api.sandbox.bunq.com:8443/v1", consent: "1", refusal: "own port"},
		"another host":                    {base: "https://example.com/v1", consent: "1", refusal: "neither"},
		"another host that begins alike":  {base: "https://public-api.sandbox.bunq.com.example.com/v1", consent: "1", refusal: "neither"},
		"another host behind a user name": {base: "https://public-api.sandbox.bunq.com@example.com/v1", consent: "1", refusal: "not a plain address"},
		"another host called loopback":    {base: "http://127.0.0.1.example.com/v1", consent: "1", refusal: "neither"},
		"an address of this network":      {base: "http://192.168.0.1/v1", consent: "1", refusal: "neither"},
		"every address of this machine":   {base: "http://0.0.0.0:8080/v1", consent: "1", refusal: "neither"},
		"no version path":                 {base: "http://127.0.0.1:8080", consent: "1", refusal: "/v1"},
		"no address":                      {base: "sandbox", consent: "1", refusal: "/v1"},
		"another scheme":                  {base: "ftp://127.0.0.1/v1", consent: "1", refusal: "neither"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := probe.CheckAddress(tc.base, tc.consent)
			switch {
			case tc.refusal == "" && (err != nil || got != tc.want):
				t.Errorf("%q, %v", got, err)
			case tc.refusal != "" && (err == nil || got != "" || !strings.Contains(err.Error(), tc.refusal) || !strings.Contains(err.Error(), "nothing has been sent")):
				t.Errorf("%q, %v", got, err)
			}
		})
	}
}

// A loopback address is asked directly, whatever proxy the environment names.
func TestTransport_loopbackHasNoProxy(t *testing.T) {
	asked := false
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	defer server.Close()
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	client := &http.Client{Transport: probe.Transport(server.URL + "/v1")}
	resp, err := client.Get(server.URL + "/v1")
	if err != nil || !asked {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
}

package tfdiag

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/session"
)

var update = flag.Bool("update", false, "rewrite the golden files; read the changes before you commit them")

const (
	response = "0f1a3c5e-0000-4000-8000-000000000001"
	request  = "0f1a3c5e-0000-4000-8000-000000000002"
)

// api is an answer of bunq's own to reading a client.
func api(status int, descriptions ...string) *bunq.APIError {
	return &bunq.APIError{
		Call: bunq.Call{Method: "GET", Endpoint: "/user/{id}/oauth-client/{id}", ResponseID: response, RequestID: request, Attempts: 1}, Status: status, Descriptions: descriptions, Envelope: true, ContentType: "application/json",
	}
}

// page is an answer that is not bunq's.
func page(status int, contentType string) *bunq.APIError {
	return &bunq.APIError{
		Call: bunq.Call{Method: "GET", Endpoint: "/user/{id}/oauth-client/{id}", RequestID: request, Attempts: 1}, Status: status, ContentType: contentType,
	}
}

func posted(endpoint string, e *bunq.APIError) error {
	e.Method, e.Endpoint = "POST", endpoint
	return e
}

// badCertificate is a handshake that ended because of the other side's certificate.
func badCertificate(why error) error {
	return &bunq.TransportError{
		Call: bunq.Call{Method: "POST", Endpoint: "/installation", RequestID: request, Attempts: 1},
		Err: &tls.CertificateVerificationError{
			UnverifiedCertificates: []*x509.Certificate{{}, {Issuer: pkix.Name{CommonName: "Acme\u202e Inspection CA", Organization: []string{"Acme"}}}}, Err: why,
		},
	}
}

// One golden file for each kind of error: what a user reads.
func TestFailure_golden(t *testing.T) {
	refusedText := "User credentials are incorrect. Incorrect API key or IP address."
	sessionRefused := &bunq.SessionError{
		Call: bunq.Call{Method: "GET", Endpoint: "/device-server/{id}"},
		Err: &session.RefusedError{Err: &bunq.APIError{
			Call: bunq.Call{Method: "POST", Endpoint: "/session-server", ResponseID: response, Attempts: 1}, Status: 400, Descriptions: []string{refusedText}, Envelope: true,
		}},
	}
	repeated := api(503)
	repeated.Attempts, repeated.Envelope = 4, false
	repeated.ContentType, repeated.ResponseID = "text/html", ""
	unknownToken := api(403, "Insufficient authentication.")
	unknownToken.Method, unknownToken.Endpoint = "POST", "/payment-service-provider-credential"
	unknownInSandbox := *unknownToken
	unknownInSandbox.Endpoint, unknownInSandbox.Environment = "/session-server", bunq.Sandbox
	otherSession := api(400, "Authentication token already has a user session.")
	otherSession.Method, otherSession.Endpoint = "POST", "/session-server"
	limited := api(429, "Too many requests. You can do a maximum of 3 calls per 3 second to this endpoint.")
	limited.Attempts = 19
	lost := &bunq.TransportError{
		Call: bunq.Call{Method: "POST", Endpoint: "/user/{id}/oauth-client", RequestID: request, Attempts: 1}, Sent: true, Err: errors.New("unexpected EOF"),
	}
	tests := []struct {
		name string
		err  error
	}{
		{"one_description", api(400, "Invalid redirect url.")},
		{"several_descriptions", api(400, `Superfluous field "ip".`, "The IP address \"*\" is invalid.")},
		{"no_description", api(400)},
		{"unprintable_description", api(400, "Bad\x1b[31m\nvalue.")},
		{"not_found", api(404, `Oauth client for id "7" not found.`)},
		{"route_not_found", api(404, "Route not found.")},
		{"page_404", page(404, "text/html; charset=utf-8")},
		{"page_403_without_type", page(403, "")},
		{"page_502", page(502, "text/html")},
		{"redirect", page(302, "text/html")},
		{"session_dead_401", api(401, "Insufficient authorisation.")},
		{"installation_token_403", unknownToken},
		{"installation_token_403_sandbox", &unknownInSandbox},
		{"session_dead_403", api(403, "Insufficient authentication.")},
		{"session_of_another", otherSession},
		{"signature_missing_466", api(466, "A signature is needed.")},
		{"maintenance_491", page(491, "text/html")},
		{"server_error_500", api(500, "An internal error has occurred.")},
		{"unavailable_503_repeated", repeated},
		{"too_many_requests", api(429, "Too many requests. You can do a maximum of 3 calls per 3 second to this endpoint.")},
		{"too_many_requests_per_day", posted("/installation", api(429, "Too many requests. You can do a maximum of 10 calls per 86400 second to this endpoint."))},
		{"refused_by_call", api(400, refusedText)},
		{"refused_by_session", sessionRefused},
		{"refused_without_answer", &session.RefusedError{Err: errors.New("refused")}},
		{"wrong_signature", &bunq.SignatureError{
			Call: bunq.Call{Method: "POST", Endpoint: "/device-server", ResponseID: response, RequestID: request}, Err: errors.New("crypto/rsa: verification error"),
		}},
		{"no_signature", &bunq.SignatureError{
			Call: bunq.Call{Method: "POST", Endpoint: "/device-server", ResponseID: response, RequestID: request}, Err: bunq.ErrUnsigned,
		}},
		{"not_decoded", &bunq.DecodeError{
			Call: bunq.Call{Method: "GET", Endpoint: "/user/{id}/oauth-client", ResponseID: response, RequestID: request}, Err: errors.New("its OauthClient has no id"),
		}},
		{"answer_lost", &bunq.TransportError{
			Call: bunq.Call{Method: "POST", Endpoint: "/installation", RequestID: request, Attempts: 1}, Sent: true, Err: errors.New("unexpected EOF"),
		}},
		{"answer_lost_and_not_done", &bunq.UnansweredError{Err: lost}},
		{"answer_lost_and_not_asked", &bunq.UnansweredError{Err: lost, LookUp: repeated}},
		{"not_sent", &bunq.TransportError{
			Call: bunq.Call{Method: "POST", Endpoint: "/installation", RequestID: request, Attempts: 5},
			Err:  errors.New("dial tcp 127.0.0.1:8080: connect: connection refused"),
		}},
		{"certificate_of_unknown_authority", badCertificate(x509.UnknownAuthorityError{})},
		{"certificate_of_another_host", badCertificate(x509.HostnameError{Certificate: &x509.Certificate{DNSNames: []string{"inspector.example"}}, Host: "api.bunq.com"})},
		{"cancelled_while_sending", &bunq.TransportError{
			Call: bunq.Call{Method: "POST", Endpoint: "/device-server", RequestID: request, Attempts: 1}, Sent: true, Err: context.Canceled,
		}},
		{"cancelled_before_sending", &bunq.TransportError{Call: bunq.Call{Method: "POST", Endpoint: "/device-server", RequestID: request}, Err: context.Canceled}},
		{"installation_not_decoded", &bunq.DecodeError{
			Call: bunq.Call{Method: "POST", Endpoint: "/installation", RequestID: request}, Err: errors.New("it is not a JSON object: invalid character '<' looking for beginning of value"),
		}},
		{"try_again", posted("/device-server", api(400, "The operation could not be completed. Please try again."))},
		{"session_server_404", &bunq.SessionError{
			Call: bunq.Call{Method: "GET", Endpoint: "/device-server/{id}"}, Err: posted("/session-server", api(404, "Not found.")),
		}},
		{"waited_too_long", &bunq.WaitError{
			Call: bunq.Call{Method: "POST", Endpoint: "/session-server"}, Reason: "the interval between two sessions", Waited: 12345 * time.Millisecond, Max: 30 * time.Second,
		}},
		{"waited_too_long_after_an_answer", &bunq.WaitError{
			Call: bunq.Call{Method: "GET", Endpoint: "/device-server/{id}"}, Reason: "another attempt", Waited: 5 * time.Minute, Max: 5 * time.Minute, Last: repeated,
		}},
		{"waited_too_long_for_a_limit", &bunq.WaitError{
			Call: bunq.Call{Method: "GET", Endpoint: "/device-server/{id}"}, Reason: "bunq's rate limit (HTTP status 429)", Waited: 5 * time.Minute, Max: 5 * time.Minute, Last: limited,
		}},
		{"session_not_opened", &bunq.SessionError{Call: bunq.Call{Method: "GET", Endpoint: "/device-server/{id}"}, Err: &bunq.TransportError{
			Call: bunq.Call{Method: "POST", Endpoint: "/session-server", Attempts: 3}, Err: errors.New("dial tcp: lookup api.bunq.com: no such host"),
		}}},
		{"cancelled", fmt.Errorf("reading: %w", context.Canceled)},
		{"deadline", fmt.Errorf("reading: %w", context.DeadlineExceeded)},
		{"another_error", errors.New("bunq does not say which credential the API key belongs to")},
		{"while_doing_something", While("deactivating 203.0.113.7", api(400, "The IP address \"203.0.113.7\" is invalid."))},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var diags diag.Diagnostics
			Failure{Summary: "bunq_oauth_client cannot be read", State: "the client stays in the state as it was."}.Error(&diags, tt.err)
			if len(diags) != 1 || diags[0].Severity() != diag.SeverityError {
				t.Fatalf("got %v", diags)
			}
			golden(t, tt.name, "Error: "+diags[0].Summary()+"\n\n"+diags[0].Detail()+"\n")
		})
	}
	unused(t, len(tests))
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v (write it with -update)", err)
	}
	if got != string(want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// unused fails for golden files that no case reads any more.
func unused(t *testing.T, cases int) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "*.golden"))
	if err != nil || len(files) != cases {
		t.Errorf("%d golden files for %d cases (%v)", len(files), cases, err)
	}
}

func TestWhile_isTheErrorWithWhatWasDone(t *testing.T) {
	cause := api(400, "No.")
	err := While("deactivating 203.0.113.7", cause)
	if !errors.Is(err, cause) || err.Error() != "deactivating 203.0.113.7: "+cause.Error() {
		t.Errorf("got %v", err)
	}
}

func TestFailure_placesAndParts(t *testing.T) {
	err := api(400, "No.")
	at := path.Root("permitted_ips")
	tests := []struct {
		name     string
		failure  Failure
		report   func(Failure, *diag.Diagnostics, error)
		severity diag.Severity
		at       path.Path
		holds    []string
		lacks    []string
	}{
		{"an error without attribute", Failure{Summary: "s"}, Failure.Error, diag.SeverityError, path.Empty(), []string{"Next step: fix"}, []string{"State:"}},
		{"an error at its attribute", Failure{Summary: "s", At: at}, Failure.Error, diag.SeverityError, at, nil, nil},
		{"a warning without attribute", Failure{Summary: "s"}, Failure.Warning, diag.SeverityWarning, path.Empty(), nil, nil},
		{"a warning at its attribute", Failure{Summary: "s", At: at}, Failure.Warning, diag.SeverityWarning, at, nil, nil},
		{
			"the resource's next step wins", Failure{Summary: "s", State: "kept.", Next: "wait."}, Failure.Error, diag.SeverityError, path.Empty(),
			[]string{"\n\nState: kept.\n\nNext step: wait."}, []string{"fix what"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var diags diag.Diagnostics
			tt.report(tt.failure, &diags, err)
			if len(diags) != 1 || diags[0].Severity() != tt.severity || diags[0].Summary() != "s" {
				t.Fatalf("got %v", diags)
			}
			got := path.Empty()
			if d, ok := diags[0].(diag.DiagnosticWithPath); ok {
				got = d.Path()
			}
			if !got.Equal(tt.at) {
				t.Errorf("points at %v, want %v", got, tt.at)
			}
			for _, text := range tt.holds {
				if !strings.Contains(diags[0].Detail(), text) {
					t.Errorf("lacks %q:\n%s", text, diags[0].Detail())
				}
			}
			for _, text := range tt.lacks {
				if strings.Contains(diags[0].Detail(), text) {
					t.Errorf("holds %q:\n%s", text, diags[0].Detail())
				}
			}
		})
	}
}

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
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/session"
)

var update = flag.Bool("update", false, "write the golden file again")

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

// What a user reads, for each kind of error.
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
		{"one description", api(400, "Invalid redirect url.")},
		{"several descriptions", api(400, `Superfluous field "ip".`, "The IP address \"*\" is invalid.")},
		{"no description", api(400)},
		{"unprintable description", api(400, "Bad\x1b[31m\nvalue.")},
		{"not found", api(404, `Oauth client for id "7" not found.`)},
		{"route not found", api(404, "Route not found.")},
		{"page 404", page(404, "text/html; charset=utf-8")},
		{"page 403 without type", page(403, "")},
		{"page 502", page(502, "text/html")},
		{"redirect", page(302, "text/html")},
		{"session dead 401", api(401, "Insufficient authorisation.")},
		{"installation token 403", unknownToken},
		{"installation token 403 sandbox", &unknownInSandbox},
		{"session dead 403", api(403, "Insufficient authentication.")},
		{"session of another", otherSession},
		{"signature missing 466", api(466, "A signature is needed.")},
		{"maintenance 491", page(491, "text/html")},
		{"server error 500", api(500, "An internal error has occurred.")},
		{"unavailable 503 repeated", repeated},
		{"too many requests", api(429, "Too many requests. You can do a maximum of 3 calls per 3 second to this endpoint.")},
		{"too many requests per five minutes", perWindow("300 second")},
		{"too many requests per ninety seconds", perWindow("90 second")},
		{"too many requests per day", posted("/installation", api(429, "Too many requests. You can do a maximum of 10 calls per 86400 second to this endpoint."))},
		{"refused by call", api(400, refusedText)},
		{"refused by session", sessionRefused},
		{"refused without answer", &session.RefusedError{Err: errors.New("refused")}},
		{"wrong signature", &bunq.SignatureError{
			Call: bunq.Call{Method: "POST", Endpoint: "/device-server", ResponseID: response, RequestID: request}, Err: errors.New("crypto/rsa: verification error"),
		}},
		{"no signature", &bunq.SignatureError{
			Call: bunq.Call{Method: "POST", Endpoint: "/device-server", ResponseID: response, RequestID: request}, Err: bunq.ErrUnsigned,
		}},
		{"not decoded", &bunq.DecodeError{
			Call: bunq.Call{Method: "GET", Endpoint: "/user/{id}/oauth-client", ResponseID: response, RequestID: request}, Err: errors.New("its OauthClient has no id"),
		}},
		{"answer lost", &bunq.TransportError{
			Call: bunq.Call{Method: "POST", Endpoint: "/installation", RequestID: request, Attempts: 1}, Sent: true, Err: errors.New("unexpected EOF"),
		}},
		{"answer lost and not done", &bunq.UnansweredError{Err: lost}},
		{"answer lost and not asked", &bunq.UnansweredError{Err: lost, LookUp: repeated}},
		{"not sent", &bunq.TransportError{
			Call: bunq.Call{Method: "POST", Endpoint: "/installation", RequestID: request, Attempts: 5},
			Err:  errors.New("dial tcp 127.0.0.1:8080: connect: connection refused"),
		}},
		{"certificate of unknown authority", badCertificate(x509.UnknownAuthorityError{})},
		{"certificate of which nothing is known", &bunq.TransportError{
			Call: bunq.Call{Method: "POST", Endpoint: "/installation", RequestID: request, Attempts: 1},
			Err:  &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}},
		}},
		{"certificate of another host", badCertificate(x509.HostnameError{Certificate: &x509.Certificate{DNSNames: []string{"inspector.example"}}, Host: "api.bunq.com"})},
		{"cancelled while sending", &bunq.TransportError{
			Call: bunq.Call{Method: "POST", Endpoint: "/device-server", RequestID: request, Attempts: 1}, Sent: true, Err: context.Canceled,
		}},
		{"cancelled before sending", &bunq.TransportError{Call: bunq.Call{Method: "POST", Endpoint: "/device-server", RequestID: request}, Err: context.Canceled}},
		{"installation not decoded", &bunq.DecodeError{
			Call: bunq.Call{Method: "POST", Endpoint: "/installation", RequestID: request}, Err: errors.New("it is not a JSON object: invalid character '<' looking for beginning of value"),
		}},
		{"try again", posted("/device-server", api(400, "The operation could not be completed. Please try again."))},
		{"session server 404", &bunq.SessionError{
			Call: bunq.Call{Method: "GET", Endpoint: "/device-server/{id}"}, Err: posted("/session-server", api(404, "Not found.")),
		}},
		{"waited too long", &bunq.WaitError{
			Call: bunq.Call{Method: "POST", Endpoint: "/session-server"}, Reason: "the interval between two sessions", Waited: 12345 * time.Millisecond, Max: 30 * time.Second,
		}},
		{"waited too long after an answer", &bunq.WaitError{
			Call: bunq.Call{Method: "GET", Endpoint: "/device-server/{id}"}, Reason: "another attempt", Waited: 5 * time.Minute, Max: 5 * time.Minute, Last: repeated,
		}},
		{"waited too long for a limit", &bunq.WaitError{
			Call: bunq.Call{Method: "GET", Endpoint: "/device-server/{id}"}, Reason: "bunq's rate limit (HTTP status 429)", Waited: 5 * time.Minute, Max: 5 * time.Minute, Last: limited,
		}},
		{"session not opened", &bunq.SessionError{Call: bunq.Call{Method: "GET", Endpoint: "/device-server/{id}"}, Err: &bunq.TransportError{
			Call: bunq.Call{Method: "POST", Endpoint: "/session-server", Attempts: 3}, Err: errors.New("dial tcp: lookup api.bunq.com: no such host"),
		}}},
		{"cancelled", fmt.Errorf("reading: %w", context.Canceled)},
		{"deadline", fmt.Errorf("reading: %w", context.DeadlineExceeded)},
		{"another error", errors.New("bunq does not say which credential the API key belongs to")},
		{"while doing something", While("deactivating 203.0.113.7", api(400, "The IP address \"203.0.113.7\" is invalid."))},
	}
	var sheet strings.Builder
	for _, tt := range tests {
		var diags diag.Diagnostics
		Failure{Summary: "bunq_oauth_client cannot be read", State: "the client stays in the state as it was."}.Error(&diags, tt.err)
		if len(diags) != 1 || diags[0].Severity() != diag.SeverityError {
			t.Fatalf("%s: got %v", tt.name, diags)
		}
		fmt.Fprintf(&sheet, "==== %s\n\nError: %s\n\n%s\n\n", tt.name, diags[0].Summary(), diags[0].Detail())
	}

	const file = "testdata/failures.txt"
	if *update {
		if err := os.WriteFile(file, []byte(sheet.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), sheet.String()); diff != "" {
		t.Errorf("%s differs; read the change, and let -update write it (-want +got):\n%s", file, diff)
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

package tfdiag

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/session"
)

// Next steps that several errors share.
const (
	runAgain = "run Terraform again."
	// CheckAddress is the likeliest cause if bunq refuses a key.
	CheckAddress = "compare the public address of this machine, or of its proxy or NAT, with permitted_ips and registration_ip of the bunq_device_server, " +
		"and run Terraform from a permitted address"
	sharedLimits = "Other programs that call bunq from the same address count towards the same limits."
)

// Statuses that only bunq uses (DOCUMENTED, https://doc.bunq.com/basics/errors).
const (
	statusSignatureMissing = 466
	statusMaintenance      = 491
)

// doing is an error together with what was being done for the resource.
type doing struct {
	what string
	err  error
}

// While adds to err what was being done, where one operation makes several calls of a kind:
// "deactivating 203.0.113.7".
func While(what string, err error) error { return &doing{what, err} }

// Error returns both.
func (d *doing) Error() string { return d.what + ": " + d.err.Error() }

// Unwrap returns the error itself.
func (d *doing) Unwrap() error { return d.err }

// Failure is one operation that failed, in the words of the resource. The error that caused it adds
// the rest.
type Failure struct {
	// Summary is one line: "bunq_oauth_client: not created".
	Summary string
	// State says what the failure means for the state and for bunq.
	State string
	// Next is the next step; if empty, it follows from the error.
	Next string
	// At is the attribute that caused it, if one did.
	At path.Path
}

// Error reports the failure as an error.
func (f Failure) Error(diags *diag.Diagnostics, err error) {
	f.report(diags, diag.NewErrorDiagnostic(f.Summary, f.detail(err)))
}

// Warning reports the failure as a warning: what was made is kept, and a later apply does the rest.
func (f Failure) Warning(diags *diag.Diagnostics, err error) {
	f.report(diags, diag.NewWarningDiagnostic(f.Summary, f.detail(err)))
}

func (f Failure) report(diags *diag.Diagnostics, d diag.Diagnostic) {
	if len(f.At.Steps()) > 0 {
		d = diag.WithPath(f.At, d)
	}
	diags.Append(d)
}

// Printable makes what bunq has named in the diagnostics printable, see [bunq.Printable]: URLs,
// descriptions and names are quoted in many places.
func Printable(diags diag.Diagnostics) {
	for i, d := range diags {
		summary, detail := bunq.Printable(d.Summary()), printableLines(d.Detail())
		if summary == d.Summary() && detail == d.Detail() {
			continue
		}

		var clean diag.Diagnostic = diag.NewErrorDiagnostic(summary, detail)
		if d.Severity() == diag.SeverityWarning {
			clean = diag.NewWarningDiagnostic(summary, detail)
		}
		if at, ok := d.(diag.DiagnosticWithPath); ok {
			clean = diag.WithPath(at.Path(), clean)
		}
		diags[i] = clean
	}
}

func printableLines(s string) string {
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		lines[i] = bunq.Printable(line)
	}
	return strings.Join(lines, "\n")
}

func (f Failure) detail(err error) string {
	said, next := explain(err)

	var step *doing
	if errors.As(err, &step) {
		said = "While " + step.what + ": " + said
	}

	if f.Next != "" {
		next = f.Next
	}

	parts := []string{said}
	if f.State != "" {
		parts = append(parts, "State: "+f.State)
	}
	if next != "" {
		// A list of checks begins on a line of its own.
		parts = append(parts, "Next step:"+separator(next)+next)
	}
	return strings.Join(parts, "\n\n")
}

func separator(next string) string {
	if strings.HasPrefix(next, "\n") {
		return ""
	}
	return " "
}

// explain returns what happened and the next step that follows from it.
func explain(err error) (said, next string) {
	var (
		asked     *bunq.UnansweredError
		refused   *session.RefusedError
		api       *bunq.APIError
		transport *bunq.TransportError
		signature *bunq.SignatureError
		decode    *bunq.DecodeError
		wait      *bunq.WaitError
	)

	switch {
	case errors.As(err, &asked):
		return explainUnanswered(asked)
	case errors.As(err, &refused), bunq.IsCredentialsRefused(err):
		return explainRefused(err)
	case errors.As(err, &wait):
		return explainWait(wait)
	case errors.As(err, &signature):
		why := "its signature does not match the server public key of this installation"
		if errors.Is(signature.Err, bunq.ErrUnsigned) {
			why = "it has no signature (X-Bunq-Server-Signature)"
		}
		return fmt.Sprintf("%s %s: the answer was 200, but %s, so it was rejected.%s",
				signature.Method, signature.Endpoint, why, ids(signature.ResponseID, signature.RequestID)),
			Steps("check that base_url is the address at which the installation was made",
				"check that no proxy changes the answers",
				"check that server_public_key_pem is the one that bunq returned with the installation")
	case errors.As(err, &decode) && unsigned(decode):
		return fmt.Sprintf("%s %s: the answer was 200, but it does not have the expected form: %v.%s Nobody signs this answer.",
				decode.Method, decode.Endpoint, decode.Err, ids(decode.ResponseID, decode.RequestID)),
			"check base_url, then look for a proxy or a login page between this machine and bunq."
	case errors.As(err, &decode):
		return fmt.Sprintf("%s %s: bunq signed the answer, but it does not have the expected form: %v.%s",
				decode.Method, decode.Endpoint, decode.Err, ids(decode.ResponseID, decode.RequestID)),
			"check for a newer version of the provider; if there is none, please report this together with the response id."
	case errors.As(err, &transport):
		return explainTransport(transport)
	case errors.As(err, &api):
		return explainAPI(api)
	case errors.Is(err, context.Canceled):
		return "The operation was cancelled.", runAgain
	case errors.Is(err, context.DeadlineExceeded):
		return "The operation ran out of time.", runAgain
	}

	return Sentence(err), ""
}

// unsigned reports whether the answer to the call is the one that nobody signs.
func unsigned(e *bunq.DecodeError) bool { return e.Method == "POST" && e.Endpoint == "/installation" }

// Sentence returns one of our own errors as a sentence, with a capital and a full stop; "bunq"
// stays without a capital.
func Sentence(err error) string {
	s := err.Error()
	if s == "" {
		return s
	}
	if s[0] >= 'a' && s[0] <= 'z' && !strings.HasPrefix(s, "bunq ") {
		s = string(s[0]-'a'+'A') + s[1:]
	}

	if !strings.ContainsAny(s[len(s)-1:], ".!?") {
		s += "."
	}
	return s
}

// explainUnanswered explains a write whose answer was lost, and the read that followed it.
func explainUnanswered(e *bunq.UnansweredError) (said, next string) {
	said, next = explain(e.Err)
	if e.LookUp == nil {
		return said + " A follow-up read shows that it was not done.", next
	}

	look, next := explain(e.LookUp)
	return said + "\n\nIt is not known whether bunq did it, because the follow-up read failed: " + look, next
}

func explainRefused(err error) (said, next string) {
	said = "bunq refuses the API key or the address of this machine; it does not say which."
	var api *bunq.APIError
	if errors.As(err, &api) {
		said = answered(api) + " bunq returns the same error for an address that is not permitted, a key that is incomplete or was never registered with a " +
			"device of this installation, a blocked device, and a key that expired unused (sandbox 1 hour, production 4 hours), was revoked, " +
			"or belongs to another environment."
	}
	return said, Steps(
		CheckAddress,
		"ask bunq whether it has blocked the device or revoked the key",
		"only if the key is dead, register the credential again, with an installation of its own: "+
			"terraform apply -replace=bunq_installation.NAME -replace=bunq_psd2_credential.NAME",
	) + "\n\nThis key is not used again in this run."
}

// Steps returns a next step as a numbered list; the caller names the likeliest cause first.
func Steps(checks ...string) string {
	var b strings.Builder
	for i, c := range checks {
		fmt.Fprintf(&b, "\n  %d. %s", i+1, c)
		if i == len(checks)-1 {
			b.WriteString(".")
		} else {
			b.WriteString(";")
		}
	}
	return b.String()
}

func explainWait(w *bunq.WaitError) (said, next string) {
	said = fmt.Sprintf("%s %s: gave up after %s of waiting for %s (max_wait is %s).",
		w.Method, w.Endpoint, w.Waited.Round(100*time.Millisecond), w.Reason, w.Max)
	next = "run Terraform again later, or raise max_wait in the provider block (BUNQ_MAX_WAIT). " + sharedLimits
	if w.Last == nil {
		return said, next
	}

	last, nextOfLast := explain(w.Last)
	said += "\n\nThe last attempt: " + last

	var api *bunq.APIError
	if errors.As(w.Last, &api) && (api.Status == http.StatusTooManyRequests || api.Status == http.StatusConflict) {
		return said, next
	}
	return said, nextOfLast
}

// spoken returns a whole number of hours, minutes or seconds in words.
func spoken(d time.Duration) string {
	n, unit := int(d.Seconds()), "second"
	switch {
	case d%time.Hour == 0:
		n, unit = int(d.Hours()), "hour"
	case d%time.Minute == 0:
		n, unit = int(d.Minutes()), "minute"
	}

	if n != 1 {
		unit += "s"
	}
	return fmt.Sprintf("%d %s", n, unit)
}

func explainTransport(t *bunq.TransportError) (said, next string) {
	if t.Sent && errors.Is(t.Err, context.Canceled) {
		return fmt.Sprintf("%s %s: the request was sent, and the operation was cancelled before an answer came.%s",
			t.Method, t.Endpoint, ids("", t.RequestID)), runAgain
	}

	if errors.Is(t.Err, context.Canceled) {
		return fmt.Sprintf("%s %s: the operation was cancelled before anything was sent.", t.Method, t.Endpoint), runAgain
	}

	if t.Sent {
		return fmt.Sprintf("%s %s: the request was sent, but no answer came%s: %v.%s",
				t.Method, t.Endpoint, tried(t.Attempts), t.Err, ids("", t.RequestID)),
			"check the connection to bunq and run Terraform again."
	}

	var certificate *tls.CertificateVerificationError
	if errors.As(t.Err, &certificate) {
		return explainCertificate(t, certificate)
	}

	return fmt.Sprintf("%s %s: bunq could not be reached, nothing was sent%s: %v.", t.Method, t.Endpoint, tried(t.Attempts), t.Err),
		"check the network, the proxy settings (HTTPS_PROXY) and base_url, and run Terraform again."
}

// explainCertificate explains a certificate of the other side that is not accepted: most often
// that of a proxy that inspects TLS, and else a wrong base_url or clock.
func explainCertificate(t *bunq.TransportError, e *tls.CertificateVerificationError) (said, next string) {
	said = fmt.Sprintf("%s %s: nothing was sent, because the certificate of the server is not accepted: %v.", t.Method, t.Endpoint, t.Err)

	var unknown x509.UnknownAuthorityError
	if !errors.As(e, &unknown) {
		return said, "check base_url and the clock of this machine, then whether a proxy answers in bunq's place."
	}
	if n := len(e.UnverifiedCertificates); n > 0 {
		said += fmt.Sprintf(" It was issued by %q, which this machine does not trust.",
			bunq.Printable(e.UnverifiedCertificates[n-1].Issuer.String()))
	}
	return said, "if your network inspects TLS, set ca_cert_file (BUNQ_CA_CERT_FILE) to the certificate of that authority, or SSL_CERT_FILE to a file with " +
		"all that are to be trusted. If it does not, somebody stands between you and bunq."
}

func explainAPI(e *bunq.APIError) (said, next string) {
	said = answered(e)

	switch {
	case e.Status >= 300 && e.Status < 400:
		return said, "check base_url. Redirects are not followed, so that no token is sent to another host."
	case !e.Envelope && e.Status < 500 && e.Status != statusMaintenance:
		return said, "check base_url, then look for a proxy or firewall between this machine and bunq: this answer did not come from bunq."
	case bunq.IsSessionDead(e) && takesInstallation(e):
		return said, installationLost(e.Environment)
	case bunq.IsSessionDead(e):
		return said, "check whether another program deletes the sessions of this key: the session was refused, and so was a new one. Otherwise run " +
			"Terraform again. If it persists, quote the response id to bunq."
	case bunq.IsOtherSession(e):
		return said, "let the run or program that holds the other session end it, or wait until it expires; then run Terraform again. Runs that " +
			"keep their cache folder (XDG_CACHE_HOME) share one session."
	case bunq.IsNotFound(e) && e.Method == http.MethodPost:
		return said, "check that base_url is the address at which the installation was made. If it is, quote the response id to bunq."
	case bunq.IsTemporarilyRefused(e):
		return said, "wait some minutes and run Terraform again. bunq slows down whoever has sent wrong keys, and does not say for how long."
	case bunq.IsNotFound(e):
		return said, "run terraform plan to see what bunq still has."
	case e.Status == http.StatusNotFound:
		return said, "check base_url: bunq does not know this path."
	case e.Status == statusSignatureMissing:
		return said, "please report this bug in the provider, together with the response id."
	case e.Status == statusMaintenance || e.Status == http.StatusServiceUnavailable:
		return said, "run Terraform again later: bunq is under maintenance."
	case e.Status >= 500 && e.ResponseID == "":
		return said, "run Terraform again later: a gateway in front of bunq, or a proxy on this side, could not forward the call."
	case e.Status >= 500:
		return said, "run Terraform again later: this is an error on bunq's side. If it persists, quote the response id to bunq."
	case e.Window() > time.Minute:
		return said, fmt.Sprintf("run Terraform again in %s at the latest, when the limit starts again. Waiting for it would last longer than max_wait. ", spoken(e.Window())) +
			sharedLimits
	case e.Status == http.StatusTooManyRequests:
		return said, "wait a minute and run Terraform again. " + sharedLimits
	case len(e.Descriptions) == 0:
		return said, "run Terraform again. If it persists, quote the response id to bunq."
	}
	return said, "fix what bunq reports and run Terraform again."
}

// installationLost returns the next steps if bunq does not accept the token of an installation. After a
// reset of the sandbox, the same certificate makes another user: no plan and no destroy leads out.
func installationLost(env bunq.Environment) string {
	const check = "check that base_url is the address at which the installation was made: bunq does not accept its token"
	if env != bunq.Sandbox {
		return Steps(check, "only if bunq has lost the installation, make another one: terraform apply -replace=bunq_installation.NAME")
	}
	return Steps(check, "if the sandbox was reset, or its simulator has lost its state, nothing in the Terraform state exists any more. Remove the bunq resources of this "+
		"sandbox from it with terraform state rm, except bunq_sandbox_certificate, and never those of production. Then run terraform apply") +
		"\n\nIf the state holds nothing of bunq but this sandbox:\n\n" +
		`    terraform state list | grep -E '(^|\.)bunq_' | grep -v bunq_sandbox_certificate | tr '\n' '\0' | xargs -0 terraform state rm`
}

// takesInstallation reports whether the call is made with the installation's token, not with a
// session's.
func takesInstallation(e *bunq.APIError) bool {
	switch e.Endpoint {
	case "/payment-service-provider-credential", "/device-server", "/session-server":
		return e.Method == "POST"
	}
	return false
}

// answered returns one sentence with the status, bunq's words and the ids.
func answered(e *bunq.APIError) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s%s: ", e.Method, e.Endpoint, tried(e.Attempts))

	switch {
	case len(e.Descriptions) > 0:
		fmt.Fprintf(&b, "bunq answered %d: %s", e.Status, quoted(e.Descriptions...))
	case e.Envelope:
		fmt.Fprintf(&b, "bunq answered %d without a description.", e.Status)
	default:
		kind := e.ContentType
		if kind == "" {
			kind = "no content type"
		}
		fmt.Fprintf(&b, "the answer was %d (%s), not in bunq's format.", e.Status, kind)
	}

	b.WriteString(ids(e.ResponseID, e.RequestID))
	return b.String()
}

// tried returns how often a call was tried, in brackets; "" where it was not repeated.
func tried(attempts int) string {
	if attempts <= 1 {
		return ""
	}
	return fmt.Sprintf(" (tried %d times)", attempts)
}

// quoted returns bunq's words as they are; they have a full stop of their own.
func quoted(texts ...string) string {
	all := make([]string, len(texts))
	for i, t := range texts {
		all[i] = `"` + bunq.Printable(t) + `"`
	}
	return strings.Join(all, " and ")
}

func ids(response, request string) string {
	switch {
	case response != "":
		return " Response id: " + response + "."
	case request != "":
		return " No response id; request id: " + request + "."
	}
	return ""
}

package onboarding_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

const (
	postInstallation = "POST /installation"
	postCredential   = "POST /payment-service-provider-credential"
	postDevice       = "POST /device-server"
	putAddress       = "PUT /user/{id}/credential-password-ip/{id}/ip/{id}"
)

// ending is a party whose key ends with its credential, on a certificate of its own subject that
// each call renews.
type ending struct {
	*acctest.CLI
	b       *acctest.Bunq
	subject string
}

func newEnding(t *testing.T) *ending {
	t.Helper()
	b := acctest.New(t)
	at(b, own)()
	return &ending{acctest.NewCLI(t, b, acctest.Attached), b, fmt.Sprintf("Ending %d PISP AISP", time.Now().UnixNano())}
}

// config is the party with a new certificate, and lines for credential and device.
func (e *ending) config(t *testing.T, credentialLines, deviceLines string) string {
	t.Helper()
	s := newSeal(t, e.subject, time.Now().Add(-time.Hour), time.Now().Add(365*24*time.Hour))
	certificate := file(written(t, s.certificate))
	return keptCredential(certificate, set("certificate_pem", certificate), set("private_key_pem_wo", file(written(t, s.key))),
		set("deactivate_on_destroy", "true"), credentialLines) + fmt.Sprintf(`
resource "bunq_device_server" "main" {
  installation = bunq_installation.main
  credential   = bunq_psd2_credential.main
  description  = "ending"
  %s
}

resource "bunq_oauth_client" "main" {
  api_context         = bunq_device_server.main.api_context
  deletion_protection = false
}
`, deviceLines)
}

// keptCredential is a credential whose installation is renewed with the certificate.
func keptCredential(certificate string, lines ...string) string {
	return installation(set("keepers", "{ certificate = sha256("+certificate+") }")) +
		strings.TrimPrefix(credential(lines...), acctest.Installation)
}

const createFirst = "lifecycle {\n    create_before_destroy = true\n  }"

// of are the addresses of the n-th credential by status.
func (e *ending) of(n int) map[string]string {
	s := e.b.Sim.Snapshot()
	out := map[string]string{}
	for _, p := range s.PermittedIPs {
		if p.CredentialID == s.Credentials[n].ID {
			out[p.IP] = p.Status
		}
	}
	return out
}

func (e *ending) mustBe(t *testing.T, n int, want map[string]string) {
	t.Helper()
	if diff := cmp.Diff(want, e.of(n)); diff != "" {
		t.Errorf("addresses of credential %d (-want +got):\n%s", n, diff)
	}
}

// permit permits one more address, as somebody else does.
func (e *ending) permit(t *testing.T, n int, ip string) {
	t.Helper()
	try(t, func() error { return e.b.Sim.SetPermittedIP(e.b.Sim.Snapshot().Credentials[n].ID, ip, "ACTIVE") })()
}

// With the credential every address of its key goes, the own one last: after it, bunq refuses this
// machine.
func TestAccCredential_destroyDeactivates(t *testing.T) {
	t.Parallel()
	e := newEnding(t)
	e.Write(t, e.config(t, "", ""))
	e.MustApply(t)
	e.permit(t, 0, also)
	e.permit(t, 0, v6)
	w := watch(e.b)
	w.since()
	e.Destroy(t).MustSay(t, 0, "Warning: The credential stays at bunq, without a permitted address", "its API key can no longer be used from any address")
	if log := w.noted(); len(log) != 3 || log[2] != own+" INACTIVE" {
		t.Errorf("changes in their order: %v", log)
	}
	e.mustBe(t, 0, map[string]string{own: "INACTIVE", also: "INACTIVE", v6: "INACTIVE"})
}

// The answer to the last deactivation is lost: that bunq refuses this machine from then on proves
// that it was done.
func TestAccCredential_destroyDeactivates_lostAnswer(t *testing.T) {
	t.Parallel()
	e := newEnding(t)
	e.Write(t, e.config(t, "", ""))
	e.MustApply(t)
	lost := e.b.Sim.Fail(bunqsim.Fault{Route: putAddress, Kind: bunqsim.FaultDrop, Stage: bunqsim.AfterCommit})
	e.Destroy(t).MustSay(t, 0, "without a permitted address")
	if lost.Fired() != 1 || e.b.Count(putAddress) != 1 {
		t.Errorf("%d answers lost, %d deactivations", lost.Fired(), e.b.Count(putAddress))
	}
	e.mustBe(t, 0, map[string]string{own: "INACTIVE"})
}

// A deactivation that fails keeps the credential, and the next run goes on.
func TestAccCredential_destroyDeactivates_goesOn(t *testing.T) {
	t.Parallel()
	e := newEnding(t)
	e.Write(t, e.config(t, "", ""))
	e.MustApply(t)
	e.permit(t, 0, also)
	e.b.Sim.Fail(bunqsim.Fault{Route: putAddress, Kind: bunqsim.FaultStatus, Status: 500})
	e.Destroy(t).MustSay(t, 1, "the permitted addresses were not all set inactive", "stays in the state")
	e.Destroy(t).MustSay(t, 0, "without a permitted address")
	e.mustBe(t, 0, map[string]string{own: "INACTIVE", also: "INACTIVE"})
}

// "*" cannot be taken back: it is said at plan and at the end, and is no obstacle.
func TestAccCredential_destroyOpenKey(t *testing.T) {
	t.Parallel()
	e := newEnding(t)
	e.Write(t, e.config(t, "", list(own, "*")))
	e.MustApply(t)
	e.MustHaveNothingToDo(t)
	e.Plan(t, "-destroy").MustSay(t, 2, "Warning: The key stays open to every address", `"*" stays`)
	e.Destroy(t).MustSay(t, 0, "Warning: The credential stays at bunq, open to every address")
	e.mustBe(t, 0, map[string]string{own: "INACTIVE", "*": "ACTIVE"})
}

// Without the setting nothing is touched.
func TestAccCredential_destroyLeavesAddresses(t *testing.T) {
	t.Parallel()
	e := newEnding(t)
	e.Write(t, strings.Replace(e.config(t, "", ""), "deactivate_on_destroy = true", "deactivate_on_destroy = false", 1))
	e.MustApply(t)
	e.Destroy(t).MustSay(t, 0, "set deactivate_on_destroy = true and apply that before you destroy or replace")
	e.mustBe(t, 0, map[string]string{own: "ACTIVE"})
}

// A renewed certificate with create_before_destroy: the old key ends only after the new one works.
func TestAccCredential_rotationWithoutGap(t *testing.T) {
	t.Parallel()
	e := newEnding(t)
	e.Write(t, e.config(t, createFirst, ""))
	e.MustApply(t)
	e.permit(t, 0, also)
	client := e.State(t).String(t, "bunq_oauth_client.main", "client_id")
	e.b.Sim.ResetJournal()
	e.Write(t, e.config(t, createFirst, ""))
	e.MustApply(t).MustSay(t, 0, "without a permitted address")
	if diff := cmp.Diff([]string{postInstallation, postCredential, postDevice, putAddress, putAddress}, e.b.Writes(0)); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
	calls := e.b.Calls(0)
	works := slices.Index(calls[slices.Index(calls, postDevice):], "POST /session-server") + slices.Index(calls, postDevice)
	if ends := slices.Index(calls, putAddress); works < 0 || ends < works {
		t.Errorf("the old key ended before the new one worked: %v", calls)
	}
	e.mustBe(t, 0, map[string]string{own: "INACTIVE", also: "INACTIVE"})
	e.mustBe(t, 1, map[string]string{own: "ACTIVE"})
	e.MustHaveNothingToDo(t)
	if e.State(t).String(t, "bunq_oauth_client.main", "client_id") != client {
		t.Error("the client is another one")
	}
}

// The other order: the old key ends first. The new one is not touched.
func TestAccCredential_rotationWithGap(t *testing.T) {
	t.Parallel()
	e := newEnding(t)
	e.Write(t, e.config(t, "", ""))
	e.MustApply(t)
	e.b.Sim.ResetJournal()
	e.Write(t, e.config(t, "", ""))
	e.MustApply(t)
	if diff := cmp.Diff([]string{putAddress, postInstallation, postCredential, postDevice}, e.b.Writes(0)); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
	e.mustBe(t, 0, map[string]string{own: "INACTIVE"})
	e.mustBe(t, 1, map[string]string{own: "ACTIVE"})
	e.MustHaveNothingToDo(t)
}

// The old key refuses this machine: the new key belongs to the same bunq user, and sets the old
// one's addresses inactive.
func TestAccCredential_endedByTheNewKey(t *testing.T) {
	t.Parallel()
	e := newEnding(t)
	e.Write(t, e.config(t, createFirst, ""))
	e.MustApply(t)
	e.permit(t, 0, also)
	at(e.b, next)()
	e.Write(t, e.config(t, createFirst, ""))
	e.Env = []string{"BUNQ_SESSION_CACHE=false"}
	e.MustApply(t, "-refresh=false").MustSay(t, 0, "without a permitted address")
	e.mustBe(t, 0, map[string]string{own: "INACTIVE", also: "INACTIVE"})
	e.mustBe(t, 1, map[string]string{next: "ACTIVE"})
	e.MustHaveNothingToDo(t)
}

// From an address that bunq refuses, and without another key, nothing can be set inactive: the
// credential leaves the state with a warning that names it.
func TestAccCredential_destroyFromBlockedAddress(t *testing.T) {
	t.Parallel()
	e := newEnding(t)
	e.Write(t, e.config(t, "", ""))
	e.MustApply(t)
	id := e.State(t).String(t, credentialAddress, "id")
	e.Run(t, "state", "rm", "bunq_oauth_client.main", deviceAddress)
	at(e.b, next)()
	e.Env = []string{"BUNQ_SESSION_CACHE=false"}
	e.Destroy(t, "-refresh=false").MustSay(t, 0, "Warning: The credential stays at bunq, and its addresses may be active",
		"bunq refuses the key of credential "+id, "They may be active")
	if state := e.State(t); state[credentialAddress] != nil {
		t.Error("the credential is still in the state")
	}
	e.mustBe(t, 0, map[string]string{own: "ACTIVE"})
}

// bunq refuses the old key: the provider block's context, of the same user, ends it.
func TestAccCredential_endedByTheProviderBlock(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	at(b, own)()
	p := b.Onboard(t, "Ending")
	c := acctest.NewCLI(t, b, acctest.Attached)
	lines := []string{set("certificate_pem", file(written(t, p.CertificatePEM))), set("private_key_pem_wo", file(written(t, p.CertificateKeyPEM))),
		set("deactivate_on_destroy", "true")}
	c.Write(t, deviceOn(lines...))
	c.MustApply(t)
	c.Run(t, "state", "rm", deviceAddress).MustSay(t, 0)
	at(b, next)()
	try(t, func() error { return b.Sim.SetPermittedIP(p.CredentialID, next, "ACTIVE") })()
	c.Write(t, b.Provider(set("context_file", fmt.Sprintf("%q", p.ContextFile(t, acctest.Python))))+credential(lines...))
	c.Env = []string{"BUNQ_SESSION_CACHE=false"}
	c.Destroy(t, "-refresh=false").MustSay(t, 0, "without a permitted address")
	for ip, status := range addresses(b) {
		if status != "INACTIVE" {
			t.Errorf("%s is %s", ip, status)
		}
	}
}

// alone is a configuration without its device and what needs it.
func alone(config string) string {
	config, _, _ = strings.Cut(config, "resource \"bunq_device_server\"")
	return config
}

// What an apply left deposed, because its addresses could not all be set inactive, is no dead end
// when its key dies.
func TestAccCredential_deposedKeyDies(t *testing.T) {
	t.Parallel()
	e := newEnding(t)
	first := e.config(t, createFirst, "")
	e.Write(t, first)
	e.MustApply(t)
	e.MustApply(t)
	e.Run(t, "state", "rm", "bunq_oauth_client.main", deviceAddress)
	e.b.Sim.Fail(bunqsim.Fault{Route: putAddress, Kind: bunqsim.FaultStatus, Status: 500})
	e.Write(t, alone(e.config(t, createFirst, "")))
	e.Apply(t).MustSay(t, 1, "the permitted addresses were not all set inactive")
	try(t, func() error { return e.b.Sim.RevokeCredential(e.b.Sim.Snapshot().Credentials[0].ID) })()
	e.MustApply(t).MustSay(t, 0, "its addresses may be active")
	e.MustHaveNothingToDo(t)
	if n := len(e.b.Sim.Snapshot().Credentials); n != 2 {
		t.Errorf("%d credentials", n)
	}
}

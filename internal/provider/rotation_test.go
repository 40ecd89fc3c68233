package provider_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
	"github.com/openpsd2/terraform-provider-bunq/internal/qseal"
	"github.com/openpsd2/terraform-provider-bunq/internal/signing"
)

// rotation is an onboarded configuration whose keys are rotated while its OAuth client is in use.
type rotation struct {
	*acctest.CLI

	b   *acctest.Bunq
	way rotationWay
	// subject is whom the certificates are for.
	subject qseal.PseudoOptions
	// unprotected: the client has no deletion_protection.
	unprotected bool

	user, client int64
	clientID     string
	watching     atomic.Bool
}

// rotationWay is how a rotation is run, and against which bunq.
type rotationWay struct {
	secondDevice string // the setting SecondDeviceOfInstallation
	// createFirst and deactivate are set on the credential.
	createFirst, deactivate bool
	// pipeline: each command runs on a machine of its own, and applies the saved plan of another one.
	pipeline bool
	// signed: the QSEAL key is elsewhere, and its signature is in the configuration.
	signed bool
}

func (w rotationWay) String() string {
	name := "second device " + w.secondDevice
	for text, on := range map[string]bool{" created first": w.createFirst, " deactivated": w.deactivate, " in a pipeline": w.pipeline, " signed elsewhere": w.signed} {
		if on {
			name += "," + text
		}
	}
	return name
}

const (
	postInstallation = "POST /installation"
	postCredential   = "POST /payment-service-provider-credential"
	postDevice       = "POST /device-server"
	postSession      = "POST /session-server"
)

const (
	rotationCallback = "https://app.example.com/callback"
	replaceInstall   = "-replace=bunq_installation.main"
	replaceKey       = "-replace=bunq_psd2_credential.main"
	targetInstall    = "-target=bunq_installation.main"
)

// newRotation onboards, and then watches at each request that the client and its callback URL are
// there.
func newRotation(t *testing.T, way rotationWay) *rotation {
	t.Helper()
	r := &rotation{way: way, subject: qseal.PseudoOptions{CommonName: "Rotation AISP PISP", Country: "NL"}}
	r.b = acctest.New(t, acctest.WithSim(func(c *bunqsim.Config) {
		c.Settings.SecondDeviceOfInstallation = bunqsim.Choice(way.secondDevice)
		c.Observer = func(e bunqsim.Entry) {
			if r.watching.Load() {
				r.mustBeUp(t, "after "+e.Call())
			}
		}
	}))
	r.CLI = acctest.NewCLI(t, r.b)

	r.newSeal(t)
	r.write(t)
	if way.signed {
		r.mustApply(t, targetInstall)
		r.sign(t)
	}
	r.mustApply(t)
	r.MustHaveNothingToDo(t)

	made := r.b.Sim.Snapshot().OAuthClients[0]
	r.user, r.client, r.clientID = made.UserID, made.ID, made.ClientID
	r.b.Sim.ResetJournal()
	r.watching.Store(true)
	return r
}

// write writes the configuration, with further lines for the device.
func (r *rotation) write(t *testing.T, device ...string) {
	t.Helper()
	key := "private_key_pem_wo = file(\"qseal.key\")"
	if r.way.signed {
		key = "client_public_key_signature = fileexists(\"signature\") ? trimspace(file(\"signature\")) : null"
	}
	first := ""
	if r.way.createFirst {
		first = "lifecycle {\n    create_before_destroy = true\n  }"
	}
	r.Write(t, fmt.Sprintf(`
resource "bunq_installation" "main" {
  keepers = { certificate = provider::bunq::parse_qseal_certificate(file("qseal.pem")).fingerprint_sha256 }
}

resource "bunq_psd2_credential" "main" {
  installation          = bunq_installation.main
  certificate_pem       = file("qseal.pem")
  deactivate_on_destroy = %t
  %s
  %s
}

resource "bunq_device_server" "main" {
  installation = bunq_installation.main
  credential   = bunq_psd2_credential.main
  description  = "rotation"
  %s
}

resource "bunq_oauth_client" "main" {
  api_context         = bunq_device_server.main.api_context
  deletion_protection = %t
}

resource "bunq_oauth_callback_url" "main" {
  api_context     = bunq_device_server.main.api_context
  oauth_client_id = bunq_oauth_client.main.id
  url             = %q
}
`, r.way.deactivate, key, first, strings.Join(device, "\n  "), !r.unprotected, rotationCallback))
}

// apply applies, as a person or a pipeline does. The result has the output of plan and apply.
func (r *rotation) apply(t *testing.T, flags ...string) acctest.Result {
	t.Helper()
	if !r.way.pipeline {
		return r.Apply(t, flags...)
	}

	r.MoveToNewMachine(t)
	plan := r.Run(t, append([]string{"plan", "-no-color", "-out=saved"}, flags...)...)
	if plan.Code != 0 {
		return plan
	}
	r.MoveToNewMachine(t)
	done := r.Run(t, "apply", "-no-color", "saved")
	r.MoveToNewMachine(t)
	return acctest.Result{Output: plan.Output + done.Output, Code: done.Code}
}

func (r *rotation) mustApply(t *testing.T, flags ...string) acctest.Result {
	t.Helper()
	result := r.apply(t, flags...)
	if result.Code != 0 {
		t.Fatalf("apply %v: exit code %d\n%s", flags, result.Code, result.Output)
	}
	return result
}

// newSeal makes a certificate for the same organisation, with a key of its own.
func (r *rotation) newSeal(t *testing.T) {
	t.Helper()
	key, err := signing.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	text, err := signing.MarshalPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}

	o := r.subject
	o.Key, o.NotBefore, o.NotAfter = key, time.Now().Add(-time.Hour), time.Now().Add(365*24*time.Hour)
	certificate, err := qseal.NewPseudoCertificate(o)
	if err != nil {
		t.Fatal(err)
	}
	r.file(t, "qseal.pem", certificate)
	r.file(t, "qseal.key", text)
}

// sign signs the payload of the installation in the state with the QSEAL key.
func (r *rotation) sign(t *testing.T) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(r.Dir, "qseal.key"))
	if err != nil {
		t.Fatal(err)
	}
	key, err := signing.ParsePrivateKey(string(raw))
	if err != nil {
		t.Fatal(err)
	}
	signature, err := qseal.SignRegistration(key, r.State(t).String(t, "bunq_installation.main", "registration_payload"))
	if err != nil {
		t.Fatal(err)
	}
	r.file(t, "signature", signature+"\n")
}

func (r *rotation) file(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(r.Dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (r *rotation) mustBeUp(t *testing.T, when string) {
	t.Helper()
	now := r.b.Sim.Snapshot()
	if got := now.ActiveOAuthClients(r.user); !slices.Equal(got, []int64{r.client}) {
		t.Errorf("%s the active OAuth clients are %v, not %d", when, got, r.client)
	}
	if got := now.CallbackURLsOf(r.client); !slices.Equal(got, []string{rotationCallback}) {
		t.Errorf("%s the callback URLs are %q", when, got)
	}
}

// made counts the calls since the rotation began that make something.
func (r *rotation) made() map[string]int {
	out := map[string]int{}
	for _, call := range []string{postInstallation, postCredential, postDevice} {
		if n := r.b.Count(call); n > 0 {
			out[call] = n
		}
	}
	return out
}

// openTo are the addresses from which the key of a credential may be used.
func (r *rotation) openTo(credential string) []string {
	var out []string
	for _, ip := range r.b.Sim.Snapshot().PermittedIPs {
		if fmt.Sprint(ip.CredentialID) == credential && ip.Status == bunqsim.PermittedIPActive {
			out = append(out, ip.IP)
		}
	}
	slices.Sort(out)
	return out
}

package provider_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
	"github.com/openpsd2/terraform-provider-bunq/internal/qseal"
	"github.com/openpsd2/terraform-provider-bunq/internal/signing"
)

// What each rotation does, as the tests below prove it. "Calls" are all requests of the apply
// beside the GETs of its refresh; "left" is what bunq keeps of the old, which has no call to remove
// it. The OAuth client, its client_id and secret, and its callback URLs are the same before, during
// and after.
//
//	rotation            command or change                      replaced                          calls                                           left
//	installation key    -replace=bunq_installation.main,       installation, credential, device  POST installation, credential, device, session  installation, key and device, usable
//	                    or another private_key_pem
//	certificate         another certificate_pem of the same    credential, device                POST credential, device, session                key and device, usable until revoked
//	                    organisation (sandbox: same subject)
//	lost or burnt key   -refresh=false                         credential, device                POST credential, device, session                the dead key and its device
//	                    -replace=bunq_psd2_credential.main
//	address             permitted_ips with the new one; then,  device                            POST ip; then POST device, PUT ip (session of    the old address, inactive; its device
//	                    from there, -replace=the device                                          the new address's first run: cached or POST)
//
// In each of the first three, client and callback URLs take the new api_context in place, without a
// call.
type rotation struct {
	*acctest.CLI
	b *acctest.Bunq

	user, client int64
	clientID     string
	watching     atomic.Bool
}

const (
	postInstallation = "POST /installation"
	postCredential   = "POST /payment-service-provider-credential"
	postDevice       = "POST /device-server"
	postSession      = "POST /session-server"
	postIP           = "POST /user/{id}/credential-password-ip/{id}/ip"
	putIP            = "PUT /user/{id}/credential-password-ip/{id}/ip/{id}"
)

const rotationCallback = "https://app.example.com/callback"

// newRotation applies config, and then watches at each request that the client and its callback URL
// are there.
func newRotation(t *testing.T, config func(*rotation) string) *rotation {
	t.Helper()
	r := &rotation{}
	r.b = acctest.New(t, acctest.WithSim(func(c *bunqsim.Config) {
		c.Observer = func(e bunqsim.Entry) {
			if r.watching.Load() {
				r.mustBeUp(t, "after "+e.Call())
			}
		}
	}))
	r.CLI = acctest.NewCLI(t, r.b)
	r.Write(t, config(r))
	r.MustApply(t)
	r.MustHaveNothingToDo(t)
	made := r.b.Sim.Snapshot().OAuthClients[0]
	r.user, r.client, r.clientID = made.UserID, made.ID, made.ClientID
	r.b.Sim.ResetJournal()
	r.watching.Store(true)
	return r
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

// ended checks what the rotation sent, that it is over, and that the client in the state is the one
// it was.
func (r *rotation) ended(t *testing.T, sent ...string) {
	t.Helper()
	var got []string
	for _, call := range r.b.Calls(0) {
		if call[:4] != "GET " {
			got = append(got, call)
		}
	}
	if diff := cmp.Diff(sent, got); diff != "" {
		t.Errorf("the rotation sent (-want +got):\n%s", diff)
	}
	r.MustHaveNothingToDo(t)
	r.mustBeUp(t, "at the end")
	state := r.State(t)
	if id := state.String(t, "bunq_oauth_client.main", "client_id"); id != r.clientID {
		t.Errorf("client_id is %s, was %s", id, r.clientID)
	}
	if id := state.String(t, "bunq_oauth_client.main", "id"); id != strconv.FormatInt(r.client, 10) {
		t.Errorf("the client is %s, was %d", id, r.client)
	}
	if n := len(r.b.Sim.Snapshot().Users); n != 1 {
		t.Errorf("bunq has %d users", n)
	}
}

// active counts the keys that bunq still takes.
func (r *rotation) active() (credentials, devices int) {
	now := r.b.Sim.Snapshot()
	for _, c := range now.Credentials {
		if c.Status == bunqsim.CredentialActive {
			credentials++
		}
	}
	return credentials, len(now.Devices)
}

// chain is the whole configuration, with lines for its resources.
func chain(installation, certificate, key, device string) string {
	return fmt.Sprintf(`
resource "bunq_sandbox_certificate" "main" {
  name = "Rotation"
}

resource "bunq_installation" "main" {
%s
}

resource "bunq_psd2_credential" "main" {
  installation       = bunq_installation.main
  certificate_pem    = %s
  private_key_pem_wo = %s
}

resource "bunq_device_server" "main" {
  installation = bunq_installation.main
  credential   = bunq_psd2_credential.main
  description  = "rotation"
%s
}

resource "bunq_oauth_client" "main" {
  api_context = bunq_device_server.main.api_context
}

resource "bunq_oauth_callback_url" "main" {
  api_context     = bunq_device_server.main.api_context
  oauth_client_id = bunq_oauth_client.main.id
  url             = %q
}
`, installation, certificate, key, device, rotationCallback)
}

const (
	madeCertificate = "bunq_sandbox_certificate.main.certificate_pem"
	madeKey         = "bunq_sandbox_certificate.main.private_key_pem"
)

func plain(device string) func(*rotation) string {
	return func(*rotation) string { return chain("", madeCertificate, madeKey, device) }
}

// file puts text into the working directory, and is the expression for it.
func (r *rotation) file(t *testing.T, name, text string) string {
	t.Helper()
	if err := os.WriteFile(filepath.Join(r.Dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("file(%q)", name)
}

func newKey(t *testing.T) string {
	t.Helper()
	key, err := signing.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	text, err := signing.MarshalPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// newSeal is a certificate with a key of its own.
func newSeal(t *testing.T, o qseal.PseudoOptions) (certificate, key string) {
	t.Helper()
	key = newKey(t)
	parsed, err := signing.ParsePrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	o.Key, o.NotBefore, o.NotAfter = parsed, time.Now().Add(-time.Hour), time.Now().Add(365*24*time.Hour)
	if certificate, err = qseal.NewPseudoCertificate(o); err != nil {
		t.Fatal(err)
	}
	return certificate, key
}

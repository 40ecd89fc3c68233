package provider_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
	"github.com/openpsd2/terraform-provider-bunq/internal/qseal"
)

func TestAccRotation_ofTheInstallationKey(t *testing.T) {
	t.Parallel()
	for name, rotate := range map[string]func(*testing.T, *rotation) acctest.Result{
		"by replacing": func(t *testing.T, r *rotation) acctest.Result { return r.Apply(t, "-replace=bunq_installation.main") },
		"by another key": func(t *testing.T, r *rotation) acctest.Result {
			r.Write(t, chain("  private_key_pem = "+r.file(t, "new.key", newKey(t)), madeCertificate, madeKey, ""))
			return r.Apply(t)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRotation(t, plain(""))
			before := r.State(t)
			rotate(t, r).MustSay(t, 0, "3 added, 2 changed, 3 destroyed")
			r.ended(t, postInstallation, postCredential, postDevice, postSession)
			if r.State(t).String(t, "bunq_installation.main", "private_key_pem") == before.String(t, "bunq_installation.main", "private_key_pem") {
				t.Error("the key is the same")
			}
			// Whoever still works with the old one is not cut off.
			if credentials, devices := r.active(); credentials != 2 || devices != 2 {
				t.Errorf("bunq has %d active keys and %d devices", credentials, devices)
			}
		})
	}
}

func TestAccRotation_ofTheCertificate(t *testing.T) {
	t.Parallel()
	t.Run("renewed elsewhere", func(t *testing.T) {
		t.Parallel()
		for name, subject := range map[string]qseal.PseudoOptions{
			"for the same subject":      {CommonName: "Renewed AISP PISP", Country: "NL"},
			"for the same organisation": {CommonName: "Renewed AISP PISP", OrganizationIdentifier: "PSDNL-DNB-R123456", Country: "NL"},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				write := func(r *rotation) string {
					certificate, key := newSeal(t, subject)
					return chain("", r.file(t, "qseal.pem", certificate), r.file(t, "qseal.key", key), "")
				}
				r := newRotation(t, write)
				if subject.OrganizationIdentifier != "" {
					subject.CommonName = "Another Name AISP PISP"
				}
				r.Write(t, write(r))
				r.MustApply(t).MustSay(t, 0, "2 added, 2 changed, 2 destroyed")
				r.ended(t, postCredential, postDevice, postSession)
			})
		}
	})
	t.Run("issued again by bunq_sandbox_certificate", func(t *testing.T) {
		t.Parallel()
		r := newRotation(t, plain(""))
		r.Write(t, strings.Replace(chain("", madeCertificate, madeKey, ""), `= "Rotation"`, "= \"Rotation\"\n  validity_days = 700", 1))
		r.MustApply(t).MustSay(t, 0, "2 added, 3 changed, 2 destroyed")
		r.ended(t, postCredential, postDevice, postSession)
	})
}

// A key that bunq takes no more: the refresh fails and names the command that fixes it, which is
// run as it is printed.
func TestAccRotation_ofALostKey(t *testing.T) {
	t.Parallel()
	r := newRotation(t, plain(""))
	r.MustApply(t) // a refresh that is stored: the key is ACTIVE in the state, as it is after some time
	if err := r.b.Sim.RevokeCredential(r.b.Sim.Snapshot().Credentials[0].ID); err != nil {
		t.Fatal(err)
	}
	r.Plan(t).MustSay(t, 1, "User credentials are incorrect", "stays in the state as it was",
		"terraform apply -refresh=false -replace=bunq_psd2_credential.NAME")
	r.b.Sim.ResetJournal()
	r.Apply(t, "-refresh=false", "-replace=bunq_psd2_credential.main").MustSay(t, 0, "2 added, 2 changed, 2 destroyed")
	r.ended(t, postCredential, postDevice, postSession)
	if credentials, devices := r.active(); credentials != 1 || devices != 2 {
		t.Errorf("bunq has %d active keys and %d devices", credentials, devices)
	}
}

// Moving to another address: it is permitted first, then, from there, the device is registered
// again, and the old address goes. Neither address is ever locked out while it is in use.
func TestAccRotation_ofTheAddress(t *testing.T) {
	t.Parallel()
	const before, after = "203.0.113.7", "198.51.100.9"
	addresses := func(lines string) func(*rotation) string {
		return func(r *rotation) string {
			r.b.Sim.SetCallerIP(before)
			return chain("", madeCertificate, madeKey, lines)
		}
	}
	r := newRotation(t, addresses(""))

	r.Write(t, addresses(fmt.Sprintf("  permitted_ips = [%q]", after))(r))
	r.MustApply(t).MustSay(t, 0, "0 added, 1 changed, 0 destroyed")
	r.ended(t, postIP)

	r.b.Sim.SetCallerIP(after)
	r.b.Sim.ResetJournal()
	r.MustHaveNothingToDo(t)
	r.MustApply(t, "-replace=bunq_device_server.main").MustSay(t, 0, "1 added, 0 changed, 1 destroyed")
	r.ended(t, postDevice, putIP)

	statuses := map[string]string{}
	for _, ip := range r.b.Sim.Snapshot().PermittedIPs {
		statuses[ip.IP] = ip.Status
	}
	if diff := cmp.Diff(map[string]string{before: bunqsim.PermittedIPInactive, after: bunqsim.PermittedIPActive}, statuses); diff != "" {
		t.Errorf("addresses (-want +got):\n%s", diff)
	}
	// From the old one nothing works any more, and nothing is lost by trying.
	r.b.Sim.SetCallerIP(before)
	r.Env = []string{"BUNQ_SESSION_CACHE=false"}
	r.Plan(t).MustSay(t, 1, "User credentials are incorrect", "stays in the state as it was")
	r.b.Sim.SetCallerIP(after)
	r.MustHaveNothingToDo(t)
}

// All at once, as after an incident: another key, another certificate, and the old API key is dead.
func TestAccRotation_ofEverything(t *testing.T) {
	t.Parallel()
	subject := qseal.PseudoOptions{CommonName: "Everything AISP PISP", Country: "NL"}
	write := func(r *rotation) string {
		certificate, key := newSeal(t, subject)
		return chain("  private_key_pem = "+r.file(t, "installation.key", newKey(t)), r.file(t, "qseal.pem", certificate), r.file(t, "qseal.key", key), "")
	}
	r := newRotation(t, write)
	if err := r.b.Sim.RevokeCredential(r.b.Sim.Snapshot().Credentials[0].ID); err != nil {
		t.Fatal(err)
	}
	r.Write(t, write(r))
	r.Apply(t, "-refresh=false").MustSay(t, 0, "3 added, 2 changed, 3 destroyed")
	r.ended(t, postInstallation, postCredential, postDevice, postSession)
}

// A certificate of another organisation is another bunq user: the plan says so, names both, and
// nothing is touched.
func TestAccRotation_toAnotherUser(t *testing.T) {
	t.Parallel()
	subject := qseal.PseudoOptions{CommonName: "First AISP PISP", Country: "NL"}
	write := func(r *rotation) string {
		certificate, key := newSeal(t, subject)
		return chain("", r.file(t, "qseal.pem", certificate), r.file(t, "qseal.key", key), "")
	}
	r := newRotation(t, write)
	subject.CommonName = "Second AISP PISP"
	r.Write(t, write(r))
	r.Apply(t).MustSay(t, 1, "The certificate belongs to another organisation", "was registered for /CN=First AISP PISP/C=NL, and this certificate is for "+
		"/CN=Second AISP PISP/C=NL", "cannot move to another user")
	if writes := r.b.Writes(0); len(writes) > 0 {
		t.Errorf("sent: %v", writes)
	}

	// With the right one again, the rotation goes on.
	subject.CommonName = "First AISP PISP"
	r.Write(t, write(r))
	r.MustApply(t)
	r.ended(t, postCredential, postDevice, postSession)
}

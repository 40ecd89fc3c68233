package onboarding_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
)

// usedKey is a credential whose key is in use by a device that Terraform does not look after, so
// that it stands alone in plans.
func usedKey(t *testing.T, c *acctest.CLI, alone, withDevice string) {
	t.Helper()
	c.Write(t, withDevice)
	c.MustApply(t)
	c.MustApply(t) // a refresh notes that the key was used
	c.Write(t, alone)
	if got := c.Run(t, "state", "rm", deviceAddress); got.Code != 0 {
		t.Fatal(got.Output)
	}
}

// A key that was in use and is refused: a plan that keeps the credential warns once, and a device
// may be registered with another installation. The credential stays.
func TestAccCredential_refusedKey(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	c := acctest.NewCLI(t, b, acctest.Attached)
	usedKey(t, c, acctest.Credential, acctest.Device)
	id := b.Sim.Snapshot().Credentials[0].ID
	try(t, func() error { return b.Sim.RevokeCredential(id) })()

	got := c.Plan(t)
	got.MustSay(t, 0, "Warning: bunq refuses an API context of the state", "stays in the state as it was")
	if n := strings.Count(got.Output, "bunq refuses an API context"); n != 1 {
		t.Errorf("said %d times\n%s", n, got.Output)
	}
	c.Run(t, "apply", "-no-color", "-auto-approve", "-refresh-only").MustSay(t, 0)

	// What the error of the device names for a dead key.
	c.MustApply(t, "-refresh=false", "-replace="+credentialAddress)
	c.MustHaveNothingToDo(t)
}

// One that is replaced or destroyed anyway is no obstacle.
func TestAccCredential_refusedKeyGoes(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	c := acctest.NewCLI(t, b, acctest.Attached)
	subject := fmt.Sprintf("Refused %d PISP AISP", time.Now().UnixNano())
	lines := func() []string {
		s := newSeal(t, subject, time.Now().Add(-time.Hour), time.Now().Add(365*24*time.Hour))
		return []string{set("certificate_pem", file(written(t, s.certificate))), set("private_key_pem_wo", file(written(t, s.key))),
			set("deactivate_on_destroy", "true")}
	}
	first := lines()
	usedKey(t, c, credential(first...), deviceOn(first...))
	revoke := func() {
		t.Helper()
		id := b.Sim.Snapshot().Credentials
		try(t, func() error { return b.Sim.RevokeCredential(id[len(id)-1].ID) })()
	}
	revoke()
	renewed := lines()
	c.Write(t, credential(renewed...))
	c.Plan(t).MustSay(t, 2, "1 to add, 0 to change, 1 to destroy", "Warning: The addresses of the key may stay active")
	c.MustApply(t).MustSay(t, 0, "1 added, 0 changed, 1 destroyed", "its addresses may be active")
	c.MustHaveNothingToDo(t)

	revoke()
	c.Destroy(t).MustSay(t, 0, "2 destroyed", "its addresses may be active")
}

// After a good onboarding nothing is said that only a refresh could know, and no plan reports its
// own first use as a change from outside.
func TestAccCredential_quietAfterOnboarding(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	c := acctest.NewCLI(t, b, acctest.Attached)
	c.Write(t, acctest.Client)
	c.MustApply(t)
	if got := c.Plan(t, "-refresh=false"); got.Code != 0 || strings.Contains(got.Output, "first use") {
		t.Errorf("without a refresh: status %d\n%s", got.Code, got.Output)
	}
	for name, config := range map[string]string{
		"one more resource":   acctest.CallbackURL,
		"a change downstream": strings.Replace(acctest.Client, `"acceptance"`, `"renamed"`, 1),
	} {
		c.Write(t, config)
		for _, args := range [][]string{nil, {"-refresh-only"}} {
			got := c.Plan(t, args...)
			if strings.Contains(got.Output, "outside of") || strings.Contains(got.Output, "first use") {
				t.Errorf("%s, %v:\n%s", name, args, got.Output)
			}
		}
	}
	c.Write(t, acctest.CallbackURL)
	c.MustApply(t)
	// Nor does a change of the credential itself store the use.
	c.Write(t, strings.Replace(acctest.CallbackURL, "private_key_pem_wo", "expiry_warning_days = 31\n  private_key_pem_wo", 1))
	c.MustApply(t).MustSay(t, 0, "0 added, 1 changed, 0 destroyed")
	if got := c.State(t).String(t, credentialAddress, "status"); got != "PENDING_FIRST_USE" {
		t.Errorf("status %s", got)
	}
	c.MustHaveNothingToDo(t)
}

// Settings of the provider block that only the apply will know keep a refresh from asking bunq: a
// warning, and the state stays.
func TestAccRefresh_unknownSettings(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	c := acctest.NewCLI(t, b, acctest.Attached)
	provider := func(version string) string {
		return fmt.Sprintf("resource \"terraform_data\" \"url\" {\n  triggers_replace = %q\n  input = %q\n}\n\nprovider \"bunq\" {\n  base_url = terraform_data.url.output\n}\n",
			version, b.URL)
	}
	c.Write(t, provider("1")+acctest.CallbackURL)
	c.MustApply(t)
	c.MustHaveNothingToDo(t)
	c.Write(t, provider("2")+acctest.CallbackURL)
	b.Sim.ResetJournal()
	got := c.Plan(t)
	got.MustSay(t, 2, "1 to add, 0 to change, 1 to destroy", "bunq_psd2_credential is not refreshed", "bunq_device_server is not refreshed",
		"bunq_oauth_client is not refreshed", "bunq_oauth_callback_url is not refreshed", "only known after an apply: base_url")
	if calls := b.Calls(0); len(calls) > 0 {
		t.Errorf("sent: %v", calls)
	}
	c.MustApply(t)
	c.MustHaveNothingToDo(t)
}

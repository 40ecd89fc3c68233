package onboarding_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

// Addresses belong to the key: two devices of one key must list the same, and one that lists them
// must not deactivate where the other was registered.
func TestAccDeviceServer_twoOfOneKey(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	c := acctest.NewCLI(t, b)
	second := func(lines string) string {
		return keyElsewhere("second", "bunq_psd2_credential.main", set("description", `"second"`), lines)
	}
	at(b, own)()
	c.Write(t, deviceWith(named, list(next)))
	c.MustApply(t)

	c.Write(t, deviceWith(named, list(next))+second(list(next, also)))
	c.Plan(t).MustSay(t, 1, "Error: Two devices list different addresses for one key")

	// The second one is registered from another address.
	at(b, next)()
	c.Write(t, deviceWith(named, list(next))+second(list(next)))
	c.Plan(t).MustSay(t, 1, "Error: Another device of this key needs an address that is not listed", `add "`+own+`" to permitted_ips`)
	c.Write(t, deviceWith(named, list(next, own))+second(list(next, own)))
	c.MustApply(t)
	c.MustHaveNothingToDo(t)
	c.Write(t, deviceWith(named, list(also))+second(""))
	c.Plan(t).MustSay(t, 1, "Error: Another device of this key needs an address that is not listed", `add "`+next+`" to permitted_ips`)
	c.Write(t, deviceWith(named, list(also, next))+second(""))
	c.MustApply(t)
	c.MustHaveNothingToDo(t)
	if diff := cmp.Diff(map[string]string{own: "ACTIVE", next: "ACTIVE", also: "ACTIVE"}, addresses(b)); diff != "" {
		t.Error(diff)
	}
}

// A device that is made in the same apply needs its address, too.
func TestAccDeviceServer_updateBesideRegistration(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	c := acctest.NewCLI(t, b)
	at(b, own)()
	c.Write(t, deviceWith(named, list(next)))
	c.MustApply(t)
	at(b, next)()
	// The address that it is made from leaves the list at the same time.
	c.Write(t, "resource \"terraform_data\" \"after\" {\n  input = bunq_device_server.second.id\n}\n"+
		deviceWith(named, permitted(`terraform_data.after.output == "" ? [] : ["`+also+`"]`))+
		keyElsewhere("second", "bunq_psd2_credential.main", set("description", `"second"`)))
	c.MustApply(t)
	if got := addresses(b)[next]; got != "ACTIVE" {
		t.Errorf("%s is %s", next, got)
	}
	if n := b.Count(changeAddress); n != 0 {
		t.Errorf("%d addresses were changed", n)
	}
}

// A plan notes the device's context for what is read below it, where nothing is refreshed, too.
func TestAccDeviceServer_contextForImportWithoutRefresh(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	c := acctest.NewCLI(t, b)
	c.Write(t, deviceWith(named))
	c.MustApply(t)
	var id int64
	try(t, func() (err error) {
		id, err = b.Sim.CreateOAuthClient(b.Sim.Snapshot().Credentials[0].UserID)
		return err
	})()
	c.Write(t, deviceWith(named)+importedClient(b.Sim.Snapshot(), id))
	c.MustApply(t, "-refresh=false").MustSay(t, 0, "1 imported")
}

func importedClient(s bunqsim.Snapshot, id int64) string {
	return `
import {
  to = bunq_oauth_client.main
  id = "` + fmt.Sprint(s.Credentials[0].UserID) + "/" + fmt.Sprint(id) + `"
}

resource "bunq_oauth_client" "main" {
  api_context = bunq_device_server.main.api_context
}
`
}

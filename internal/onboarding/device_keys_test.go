package onboarding_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

// second is another device with the key of main, on an installation of its own.
func second(lines ...string) string {
	text := "resource \"bunq_installation\" \"second\" {}\n" +
		"resource \"bunq_device_server\" \"second\" {\n  installation = bunq_installation.second\n  credential = bunq_psd2_credential.main\n  description = \"second\"\n"
	for _, l := range lines {
		text += "  " + l + "\n"
	}
	return text + "}\n"
}

// Addresses belong to the key: of its devices one may have the list, and it includes where the
// others were registered.
func TestAccDeviceServer_twoOfOneKey(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	c := acctest.NewCLI(t, b, acctest.Attached)
	at(b, own)()
	c.Write(t, deviceWith(named, list(next)))
	c.MustApply(t)

	// Two lists, and where each is new to the key.
	c.Write(t, deviceWith(named, list(next))+second(list(next)))
	c.Plan(t).MustSay(t, 1, "Error: Two devices list the addresses of one key", "keep permitted_ips in one of the two", "to destroy instead, terraform destroy -refresh=false")

	// The second one is registered from another address.
	at(b, next)()
	c.Write(t, deviceWith(named, list(next))+second())
	c.MustApply(t)
	c.MustHaveNothingToDo(t)
	c.Write(t, deviceWith(named, list(also))+second())
	c.Plan(t).MustSay(t, 1, "Error: Another device of this key needs an address that is not listed", `"second" has the same API key and was registered from `+next,
		`add "`+next+`" to permitted_ips`)
	c.Write(t, deviceWith(named, list(also, next))+second())
	c.MustApply(t)
	c.MustHaveNothingToDo(t)
	if diff := cmp.Diff(map[string]string{own: "ACTIVE", next: "ACTIVE", also: "ACTIVE"}, addresses(b)); diff != "" {
		t.Error(diff)
	}

	// The list moves to the other device: the first one's address must be listed there.
	c.Write(t, deviceWith(named)+second(list(next)))
	c.Plan(t).MustSay(t, 1, `add "`+own+`" to permitted_ips`)
	c.Write(t, deviceWith(named)+second(list(own, next)))
	c.MustApply(t)
	c.MustApply(t) // the first list only adds, and the next plan shows what else is permitted
	c.MustHaveNothingToDo(t)
	if diff := cmp.Diff(map[string]string{own: "ACTIVE", next: "ACTIVE", also: "INACTIVE"}, addresses(b)); diff != "" {
		t.Error(diff)
	}

	// One that the plan gives up needs nothing.
	at(b, own)()
	c.Write(t, deviceWith(named, list(also)))
	c.MustApply(t)
	c.MustApply(t)
	c.MustHaveNothingToDo(t)
	if diff := cmp.Diff(map[string]string{own: "ACTIVE", next: "INACTIVE", also: "ACTIVE"}, addresses(b)); diff != "" {
		t.Error(diff)
	}
}

// Two new devices of one new key: the apply knows the key, and refuses the second list.
func TestAccDeviceServer_twoListsOfANewKey(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	c := acctest.NewCLI(t, b, acctest.Attached)
	c.Write(t, deviceWith(named, list(next))+second(list(also)))
	c.Apply(t).MustSay(t, 1, "Error: Two devices list the addresses of one key")
	c.Write(t, deviceWith(named, list(next))+second())
	c.MustApply(t)
	c.MustApply(t)
	c.MustHaveNothingToDo(t)
}

// A new device with the list, beside one that is there: it only adds, and is registered from the same
// address.
func TestAccDeviceServer_newOneWithTheList(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	c := acctest.NewCLI(t, b, acctest.Attached)
	c.Write(t, acctest.Credential+second())
	c.MustApply(t)
	c.Write(t, deviceWith(named, list(next))+second())
	c.MustApply(t)
	c.MustHaveNothingToDo(t)
}

// A plan notes the device's context for what is read below it, where nothing is refreshed, too.
func TestAccDeviceServer_contextForImportWithoutRefresh(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	c := acctest.NewCLI(t, b, acctest.Attached)
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

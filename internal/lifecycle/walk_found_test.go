package lifecycle_test

import (
	"os"
	"testing"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

// The walks that found a bug, at their shortest, each named for it.
func TestAccWalksThatFoundSomething(t *testing.T) {
	acctest.LongTest(t)
	if os.Getenv("TF_ACC") == "" {
		t.Skip("Acceptance tests skipped unless env 'TF_ACC' set")
	}
	set := func(change func(*bunqsim.Settings)) (s bunqsim.Settings) {
		change(&s)
		return s
	}
	oldKeysEnd := set(func(s *bunqsim.Settings) { s.OldKeys = bunqsim.Refused })
	cancelsLate := set(func(s *bunqsim.Settings) { s.SecondOAuthClient, s.CancelPending = bunqsim.Existing, time.Second })
	oneSession := set(func(s *bunqsim.Settings) { s.OldKeys, s.ParallelSessions = bunqsim.Refused, bunqsim.Refused })
	wantsAddress := set(func(s *bunqsim.Settings) { s.IPInPermittedIPUpdate = bunqsim.Required })

	goAll(t, []walk{
		{name: "a replaced device kills its own key", steps: []string{"set deactivate true", "apply replace=device"}},
		{name: "a renamed device kills its own key", steps: []string{"set deactivate true", "describe main runner"}},
		{name: "a device made first kills its own key", steps: []string{"set deactivate true; create-first device true", "taint device"}},
		{name: "webhooks come and go", steps: []string{
			"webhooks add; webhooks add", "webhooks change; others webhook", "apply replace=webhooks", "create-first webhooks true; taint webhooks",
			"forget webhooks block", "certificate renewed; apply target=webhooks", "apply kill=webhooks:after; webhooks add", "others webhook; forget webhooks for-good",
			"webhooks none", "destroy",
		}},
		{name: "a key open to all cannot be destroyed", steps: []string{"set deactivate true; ips any", "destroy"}},
		{name: "a client made first adopts and cancels the one in use", steps: []string{"set adopt true; create-first client true", "apply replace=client"}},
		{name: "a device made first adopts the one it replaces", steps: []string{"create-first device true", "apply replace=device"}},
		{name: "a callback URL made first adopts the one it replaces", steps: []string{"create-first url true", "apply replace=url"}},
		{name: "a device adopts one of another key", steps: []string{"second yes; describe main runner", "describe second same"}},
		{name: "an unknown address", steps: []string{"", "ips late-element"}},
		{name: "unknown addresses that turn out as all", steps: []string{"", "ips late-any"}},
		{name: "a half-done rotation, device before client", settings: oldKeysEnd, steps: []string{"", "apply replace=credential target=device"}},
		{name: "a half-done rotation, client before callback URL", settings: oldKeysEnd, steps: []string{"", "certificate renewed; apply replace=client target=client"}},
		{name: "a key that ended with a successor that is not known", settings: oldKeysEnd, steps: []string{
			"create-first device true", "apply replace=credential kill=credential:after",
		}},
		{name: "a half-done rotation, killed", settings: oldKeysEnd, steps: []string{"", "certificate renewed; apply kill=session:after"}},
		{name: "line ends", steps: []string{"", "certificate crlf", "certificate bom", "certificate comment", "certificate self"}},
		{name: "order of the chain", steps: []string{"certificate issued", "certificate reversed", "certificate leaf", "certificate joined"}},
		{name: "front of a list dropped", steps: []string{"url add middle", "url drop front"}},
		{name: "front of a list added", steps: []string{"url add end", "url add front; apply target=url.0"}},
		{name: "two callback URLs swapped", steps: []string{"url add end", "url swap"}},
		{name: "a key renamed", steps: []string{"url add end; url map unmoved", "url rename unmoved"}},
		{name: "a list becomes a map", steps: []string{"url add end", "url map unmoved"}},
		{name: "a list becomes a map, moved", steps: []string{"url add end", "url map moved"}},
		{name: "a tainted URL that changes", steps: []string{"", "url change end; taint url.0"}},
		{name: "a client that is still being cancelled", settings: cancelsLate, steps: []string{"", "apply replace=client"}},
		{name: "webhooks into a module without a moved block", steps: []string{"webhooks add", "module yes unmoved"}},
		{name: "a key without a device, in another provider block", steps: []string{"alias url true", "apply replace=credential kill=device:before"}},
		{name: "front of a list added, end changed", steps: []string{"url add end", "url add front; url change end"}},
		{name: "the machine's address dropped", steps: []string{"ips more", "others caller elsewhere", "ips less"}},
		{name: "an address dropped beside every address", steps: []string{"ips more-and-any", "others caller elsewhere", "ips any"}},
		{name: "a late set that stays the same", steps: []string{"ips late-any", "ips late-set", "module yes moved"}},
		{name: "an imported URL whose client others cancelled", steps: []string{"", "others cancel-client; forget url.0 import"}},
		{name: "a cycle of Terraform's own", steps: []string{"url swap; create-first url true; url add middle", "", "url drop end; taint client"}},
		{name: "a key that is deactivated from another address than it was registered from", steps: []string{
			"ips others", "set deactivate true", "others caller elsewhere; apply replace=credential",
		}},
		{name: "a key whose deactivation was interrupted", steps: []string{"set deactivate true", "apply replace=credential kill=address-change:after"}},
		{name: "a client renamed, whose URLs are made first", steps: []string{"create-first url true", "", "rename client unmoved"}},
		{name: "a client renamed, that is made first", steps: []string{"create-first client true", "rename client unmoved"}},
		{name: "a protected client renamed, and adopted by an apply of a URL alone", steps: []string{"set adopt true; set protect true", "rename client unmoved; apply target=url.2"}},
		{name: "a saved plan without an address that the configuration has again", steps: []string{
			"ips late-element", "ips less; plan; ips late-set; saved",
		}},
		{name: "addresses that turn out as all, and a client that was forgotten", steps: []string{"", "ips late-any; removed client"}},
		{name: "front of a list added, and the URL of another resource forgotten", steps: []string{
			"url add middle", "url add front; forget url.0 for-good",
		}},
		{name: "webhooks of others, behind a context that is not known", steps: []string{
			"webhooks add; second yes", "context second", "alias webhooks true", "others webhook; apply replace=installation target=client",
		}},
		{name: "another organisation", steps: []string{"", "certificate other"}},
		{name: "what an organisation leaves behind, in another provider block", steps: []string{
			"alias client true; alias webhooks true; webhooks add", "certificate other; module yes unmoved",
		}},
		{name: "an import beside a new key, in another provider block", steps: []string{"alias client true", "certificate leaf; forget client block"}},
		{name: "a list without the own address", steps: []string{"ips others", "ips more", "ips others"}},
		{name: "an update of an address needs it", settings: wantsAddress, steps: []string{"ips more", "ips own", "ips more", "set deactivate true", "destroy"}},
		{name: "a protected client is tainted", steps: []string{"set protect true", "taint client"}},
		{name: "a protected client is replaced", steps: []string{"set protect true", "apply replace=client"}},
		{name: "a URL deleted by others, whose key was replaced before it could be read", settings: oldKeysEnd, steps: []string{
			"", "others delete-url; apply replace=credential target=credential",
		}},
		{name: "one client in two resources, one of which has a dead key", settings: oneSession, steps: []string{
			"set adopt true", "module yes unmoved; plan; saved",
		}},
		{name: "webhooks replaced by the plan of another machine", steps: []string{"webhooks add", "plan replace=webhooks; saved"}},
		{name: "a list that shrinks by the plan of another machine", steps: []string{
			"url add end; url add end", "url drop front; plan; saved", "url swap; plan; saved", "apply kill=url:after",
		}},
		{name: "a protected client is replaced, made first", steps: []string{"set protect true; create-first client true; set adopt true", "apply replace=client"}},
	})
}

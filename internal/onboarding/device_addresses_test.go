package onboarding_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

const (
	own  = "203.0.113.7" // where the machine calls from in these tests
	next = "203.0.113.8"
	also = "198.51.100.1"
	v6   = "2001:db8::1"
)

// at makes every call come from an address.
func at(b *acctest.Bunq, ip string) func() { return func() { b.Sim.SetCallerIP(ip) } }

func list(ips ...string) string { return permitted(`["` + strings.Join(ips, `", "`) + `"]`) }

// changes are the writes on addresses, with the address and the status that each one led to.
type changes struct {
	bunq *acctest.Bunq

	mu   sync.Mutex // the simulator notes, the test reads
	seen map[string]string
	log  []string
}

// watch notes what each write on an address changed, as bunq sees it after it.
func watch(b *acctest.Bunq) *changes {
	c := &changes{bunq: b}
	for _, route := range []string{"POST /user/{id}/credential-password-ip/{id}/ip", "PUT /user/{id}/credential-password-ip/{id}/ip/{id}"} {
		b.Sim.Fail(bunqsim.Fault{Route: route, Every: true, Kind: bunqsim.FaultHook, Stage: bunqsim.AfterCommit, Hook: func(bunqsim.Entry) { c.look() }})
	}
	return c
}

func (c *changes) look() {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := addresses(c.bunq)
	for ip, status := range now {
		if c.seen[ip] != status {
			c.log = append(c.log, ip+" "+status)
		}
	}
	c.seen = now
}

// since forgets what was noted.
func (c *changes) since() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen, c.log = addresses(c.bunq), nil
}

// noted are the changes so far.
func (c *changes) noted() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.log)
}

func (c *changes) are(want ...string) resource.TestCheckFunc {
	return func(*terraform.State) error {
		if diff := cmp.Diff(want, c.noted()); diff != "" {
			return fmt.Errorf("changes in their order (-want +got):\n%s", diff)
		}
		return nil
	}
}

// withIPv6 makes bunq take IPv6 addresses.
var withIPv6 = acctest.WithSim(func(c *bunqsim.Config) { c.Settings.IPv6 = bunqsim.Accepted })

// Addresses change in place: new ones are active before old ones go, and what is there is used
// again. The one that registered the device stays, listed or not, until the device is replaced from
// another one.
func TestAccDeviceServer_addressesInPlace(t *testing.T) {
	t.Parallel()
	b := acctest.New(t, withIPv6)
	at(b, own)()
	w := watch(b)
	step := func(lines string, want ...string) resource.TestStep {
		return resource.TestStep{
			PreConfig:        w.since,
			Config:           b.Provider("") + deviceWith(named, lines),
			ConfigPlanChecks: planned(action("device_server", plancheck.ResourceActionUpdate)),
			Check:            w.are(want...),
		}
	}
	first := step(list(own, also))
	first.ConfigPlanChecks = resource.ConfigPlanChecks{}
	first.Check = resource.ComposeTestCheckFunc(permits(b, map[string]string{own: "ACTIVE", also: "ACTIVE"}), registeredFrom(own))
	unlisted := step(list(v6), v6+" ACTIVE", also+" INACTIVE")
	b.Test(t, resource.TestCase{Steps: []resource.TestStep{
		first,
		step(list(own, next, also), next+" ACTIVE"),
		step(list(own, next), also+" INACTIVE"),
		// An inactive entry is made active: bunq may refuse the same address twice.
		step(list(own, also), also+" ACTIVE", next+" INACTIVE"),
		unlisted,
		emptyPlan(unlisted.Config),
		{
			// From another address: a device on another installation only adds, and the next plan
			// leaves the old address behind.
			PreConfig:          func() { at(b, v6)(); w.since() },
			Taint:              []string{installationAddress},
			Config:             unlisted.Config,
			Check:              resource.ComposeTestCheckFunc(w.are(), registeredFrom(v6)),
			ExpectNonEmptyPlan: true,
		},
		step(list(v6), own+" INACTIVE"),
		{
			Config: b.Provider("") + deviceWith(named, list(strings.ToUpper(v6))),
			// Another spelling is a change in Terraform's eyes, and none for bunq.
			ConfigPlanChecks: planned(action("device_server", plancheck.ResourceActionUpdate)),
			Check:            permits(b, map[string]string{own: "INACTIVE", next: "INACTIVE", also: "INACTIVE", v6: "ACTIVE"}),
		},
		emptyPlan(b.Provider("") + deviceWith(named, list(strings.ToUpper(v6)))),
	}})
}

// registeredFrom checks registration_ip; "" stands for null.
func registeredFrom(ip string) resource.TestCheckFunc {
	return func(s *terraform.State) error {
		got, err := attributeOf(s, deviceAddress, "registration_ip")
		if err == nil && got != ip {
			err = fmt.Errorf("registration_ip is %q, want %q", got, ip)
		}
		return err
	}
}

// A list without the own address does not lock this machine out, neither when the device is made
// nor later.
func TestAccDeviceServer_listWithoutOwnAddress(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	at(b, own)()
	config := func(ips ...string) string { return b.Provider("") + deviceWith(named, list(ips...)) }
	b.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{
			Config: config(next),
			Check: resource.ComposeTestCheckFunc(
				journal(b, "POST /installation", "POST /payment-service-provider-credential", "POST /device-server", addAddress),
				permits(b, map[string]string{own: "ACTIVE", next: "ACTIVE"}), registeredFrom(own),
				func(*terraform.State) error {
					if n := b.Count("GET /user/{id}/credential-password-ip/{id}/ip"); n != 1 {
						return fmt.Errorf("the addresses were read %d times", n)
					}
					return nil
				}),
		},
		emptyPlan(config(next)),
		{Config: config(also), Check: permits(b, map[string]string{own: "ACTIVE", next: "INACTIVE", also: "ACTIVE"})},
		// Listed or not, it is the same to bunq.
		{PreConfig: b.Sim.ResetJournal, Config: config(also, own), Check: journal(b)},
		{PreConfig: b.Sim.ResetJournal, Config: config(also), Check: journal(b)},
		emptyPlan(config(also)),
	}})
}

const (
	addAddress    = "POST /user/{id}/credential-password-ip/{id}/ip"
	listAddresses = "GET /user/{id}/credential-password-ip/{id}/ip"
	changeAddress = "PUT /user/{id}/credential-password-ip/{id}/ip/{id}"
)

// Where an address cannot be added, the device is kept, and the next apply adds it.
func TestAccDeviceServer_addressNotAdded(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	c := acctest.NewCLI(t, b, acctest.Attached)
	c.Write(t, deviceWith(named, list(next)))
	b.Sim.Fail(bunqsim.Fault{Route: addAddress, Kind: bunqsim.FaultStatus, Status: 500})
	got := c.Apply(t)
	got.MustSay(t, 0, "Warning: bunq_device_server: registered, but not as configured yet", "While activating "+next)
	id := c.State(t).String(t, deviceAddress, "id")
	b.Sim.ResetJournal()
	c.MustApply(t)
	if writes := fmt.Sprint(b.Writes(0)); writes != "["+addAddress+"]" || c.State(t).String(t, deviceAddress, "id") != id {
		t.Errorf("sent %s", writes)
	}
	c.MustHaveNothingToDo(t)
}

// If omitted, Terraform does not manage the addresses; set later, it does.
func TestAccDeviceServer_addressesFromNullAndBack(t *testing.T) {
	acctest.LongTest(t)
	t.Parallel()
	b := acctest.New(t)
	at(b, own)()
	none := b.Provider("") + deviceWith(named)
	var id string
	b.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{Config: none, Check: resource.ComposeAggregateTestCheckFunc(idIs(deviceAddress, &id), permits(b, map[string]string{own: "ACTIVE"}), registeredFrom(own))},
		emptyPlan(none),
		{
			Config: b.Provider("") + deviceWith(named, list(own, next)),
			Check:  resource.ComposeAggregateTestCheckFunc(idIs(deviceAddress, &id), registeredFrom(own), permits(b, map[string]string{own: "ACTIVE", next: "ACTIVE"})),
		},
		{
			PreConfig: b.Sim.ResetJournal, Config: none,
			Check: resource.ComposeAggregateTestCheckFunc(journal(b), idIs(deviceAddress, &id)),
		},
		{
			PreConfig: func() {
				c, _ := lastCredential(b.Sim.Snapshot())
				try(t, func() error { return b.Sim.SetPermittedIP(c.ID, also, "ACTIVE") })()
			},
			Config: none, ConfigPlanChecks: planned(plancheck.ExpectEmptyPlan()),
		},
	}})
}

// What somebody else changes is seen, and put right.
func TestAccDeviceServer_addressesChangedElsewhere(t *testing.T) {
	acctest.LongTest(t)
	t.Parallel()
	b := acctest.New(t, withIPv6)
	at(b, own)()
	config := b.Provider("") + deviceWith(named, list(own, v6))
	right := map[string]string{own: "ACTIVE", v6: "ACTIVE"}
	change := func(f func(credential int64) error) func() {
		return func() {
			c, err := lastCredential(b.Sim.Snapshot())
			if err == nil {
				err = f(c.ID)
			}
			if err != nil {
				t.Fatal(err)
			}
			b.Sim.ResetJournal()
		}
	}
	update := planned(action("device_server", plancheck.ResourceActionUpdate))
	b.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{Config: config, Check: permits(b, right)},
		{
			PreConfig: change(func(id int64) error { return b.Sim.SetPermittedIP(id, also, "ACTIVE") }),
			Config:    config, ConfigPlanChecks: update,
			Check: permits(b, map[string]string{own: "ACTIVE", v6: "ACTIVE", also: "INACTIVE"}),
		},
		{
			PreConfig: change(func(id int64) error { return b.Sim.DeletePermittedIP(id, v6) }),
			Config:    config, ConfigPlanChecks: update,
			Check: resource.ComposeAggregateTestCheckFunc(journal(b, "POST /user/{id}/credential-password-ip/{id}/ip"),
				permits(b, map[string]string{own: "ACTIVE", v6: "ACTIVE", also: "INACTIVE"})),
		},
		{
			PreConfig: change(func(id int64) error { return b.Sim.SetPermittedIP(id, v6, "INACTIVE") }),
			Config:    config, ConfigPlanChecks: update,
			Check: resource.ComposeAggregateTestCheckFunc(journal(b, "PUT /user/{id}/credential-password-ip/{id}/ip/{id}"),
				permits(b, map[string]string{own: "ACTIVE", v6: "ACTIVE", also: "INACTIVE"})),
		},
		{
			// An inactive one that nobody wants is no drift.
			PreConfig: change(func(id int64) error { return b.Sim.SetPermittedIP(id, next, "INACTIVE") }),
			Config:    config, ConfigPlanChecks: planned(plancheck.ExpectEmptyPlan()),
		},
	}})
}

// Without a list in the state, an apply only adds: the next plan shows what else is permitted, and
// applying it ends that.
func TestAccDeviceServer_firstListOnlyAdds(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	at(b, own)()
	c := acctest.NewCLI(t, b, acctest.Attached)
	c.Write(t, deviceWith(named))
	c.MustApply(t)
	try(t, func() error { return b.Sim.SetPermittedIP(b.Sim.Snapshot().Credentials[0].ID, also, "ACTIVE") })()

	c.Write(t, deviceWith(named, list(next)))
	c.MustApply(t)
	if diff := cmp.Diff(map[string]string{own: "ACTIVE", next: "ACTIVE", also: "ACTIVE"}, addresses(b)); diff != "" {
		t.Error(diff)
	}
	c.Plan(t).MustSay(t, 2, `- "`+also+`"`)
	c.MustApply(t)
	c.MustHaveNothingToDo(t)
	if diff := cmp.Diff(map[string]string{own: "ACTIVE", next: "ACTIVE", also: "INACTIVE"}, addresses(b)); diff != "" {
		t.Error(diff)
	}
}

// What is permitted behind a plan's back is not ended by it: nobody has seen that in the plan.
func TestAccDeviceServer_endsOnlyWhatThePlanHasShown(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	at(b, own)()
	c := acctest.NewCLI(t, b, acctest.Attached)
	c.Write(t, deviceWith(named, list(next)))
	c.MustApply(t)
	c.Write(t, deviceWith(named, list(also)))
	c.Plan(t, "-out=saved").MustSay(t, 2)
	const later = "198.51.100.2"
	try(t, func() error { return b.Sim.SetPermittedIP(b.Sim.Snapshot().Credentials[0].ID, later, "ACTIVE") })()
	c.MustApply(t, "saved")
	if diff := cmp.Diff(map[string]string{own: "ACTIVE", next: "INACTIVE", also: "ACTIVE", later: "ACTIVE"}, addresses(b)); diff != "" {
		t.Error(diff)
	}
	c.Plan(t).MustSay(t, 2, `- "`+later+`"`)
}

// Somebody sets the address inactive that registered the device: a plan warns, and both ways that it
// names work.
func TestAccDeviceServer_registrationAddressShut(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	at(b, own)()
	c := acctest.NewCLI(t, b, acctest.Attached)
	c.Write(t, deviceWith(named, list(next)))
	c.MustApply(t)
	key, err := lastCredential(b.Sim.Snapshot())
	if err != nil {
		t.Fatal(err)
	}
	try(t, func() error { return b.Sim.SetPermittedIP(key.ID, own, "INACTIVE") })()
	at(b, next)()
	got := c.Plan(t)
	got.MustSay(t, 0, "Warning: The address that registered the device is no longer permitted",
		"was registered from "+own+", and somebody has set that address inactive", `add "`+own+`" to permitted_ips`)

	b.Sim.ResetJournal()
	c.Write(t, deviceWith(named, list(next, own)))
	c.MustApply(t)
	if writes := fmt.Sprint(b.Writes(0)); writes != "["+changeAddress+"]" {
		t.Errorf("sent %s", writes)
	}
	c.Write(t, deviceWith(named, list(next)))
	c.MustApply(t)
	c.MustHaveNothingToDo(t)
	if diff := cmp.Diff(map[string]string{own: "ACTIVE", next: "ACTIVE"}, addresses(b)); diff != "" {
		t.Error(diff)
	}

	try(t, func() error { return b.Sim.SetPermittedIP(key.ID, own, "INACTIVE") })()
	follow(t, c, commands(got.Output)[0], "main").MustSay(t, 0)
	c.MustHaveNothingToDo(t)
	if ip := c.State(t).String(t, deviceAddress, "registration_ip"); ip != next {
		t.Errorf("registration_ip is %q", ip)
	}
}

// An ID of another credential: the device is kept, every plan says so, and the right one is stored
// in place. What the wrong one permits is left alone.
func TestAccDeviceServer_wrongCredential(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	c := acctest.NewCLI(t, b, acctest.Attached)
	p := b.Onboard(t, "elsewhere")
	config := func(id int64) string {
		return acctest.Installation + keyElsewhere("main", fmt.Sprintf("{ id = \"%d\", api_key = %q }", id, p.APIKey), named, list(next))
	}
	c.Write(t, config(p.CredentialID+1))
	c.MustApply(t).MustSay(t, 0, "Warning: bunq_device_server: registered, but not as configured yet")
	id := c.State(t).String(t, deviceAddress, "id")
	c.Plan(t).MustSay(t, 0, "Warning: bunq_device_server: the permitted addresses were not read", "set credential = { id = …, api_key = … }")

	b.Sim.ResetJournal()
	c.Write(t, config(p.CredentialID))
	c.MustApply(t)
	if writes := fmt.Sprint(b.Writes(0)); writes != "["+addAddress+"]" || c.State(t).String(t, deviceAddress, "id") != id {
		t.Errorf("sent %s", writes)
	}
	c.MustHaveNothingToDo(t)
}

// However bunq writes IPv6 addresses, the plan after an apply is empty.
func TestAccDeviceServer_addressSpelling(t *testing.T) {
	t.Parallel()
	for _, choice := range []bunqsim.Choice{bunqsim.Canonical, bunqsim.AsSent} {
		t.Run(string(choice), func(t *testing.T) {
			t.Parallel()
			b := acctest.New(t, acctest.WithSim(func(c *bunqsim.Config) { c.Settings.IPv6, c.Settings.IPText = bunqsim.Accepted, choice }))
			at(b, own)()
			spelt := b.Provider("") + deviceWith(named, list(own, "2001:DB8:0:0::0001", "::ffff:198.51.100.1"))
			b.Test(t, resource.TestCase{Steps: []resource.TestStep{
				{Config: spelt},
				emptyPlan(spelt),
				{
					PreConfig: b.Sim.ResetJournal,
					Config:    b.Provider("") + deviceWith(named, list(own, v6, also)),
					Check:     journal(b),
				},
			}})
		})
	}
}

package onboarding_test

import (
	"fmt"
	"regexp"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

const (
	readDevice     = "GET /device-server/{id}"
	readCredential = "GET /user/{id}/credential-password-ip/{id}"
)

// What keeps bunq from answering says nothing about what it has: the state stays as it is, the
// error says why, and once it is over there is nothing to do.
func TestAccRefresh_keepsTheState(t *testing.T) {
	t.Parallel()
	fault := func(f bunqsim.Fault) func(*testing.T, *acctest.Bunq) (repair func()) {
		return func(_ *testing.T, b *acctest.Bunq) func() { return b.Sim.Fail(f).Disarm }
	}
	tests := []struct {
		name   string
		damage func(*testing.T, *acctest.Bunq) (repair func())
		want   *regexp.Regexp
	}{
		{
			"a blocked address",
			func(_ *testing.T, b *acctest.Bunq) func() {
				b.Sim.SetCallerIP("203.0.113.99")
				return func() { b.Sim.SetCallerIP("") }
			},
			acctest.Says(`bunq answered 400: "User credentials are incorrect.`),
		},
		{
			"a blocked address and no session left",
			func(t *testing.T, b *acctest.Bunq) func() {
				try(t, b.Sim.ExpireSessions)()
				b.Sim.SetCallerIP("203.0.113.99")
				return func() { b.Sim.SetCallerIP("") }
			},
			acctest.Says("POST /session-server: bunq answered 400"),
		},
		{
			"a device that bunq has blocked",
			func(t *testing.T, b *acctest.Bunq) func() {
				id := b.Sim.Snapshot().Devices[0].ID
				try(t, func() error { return b.Sim.SetDeviceStatus(id, bunqsim.DeviceBlocked) })()
				return try(t, func() error { return b.Sim.SetDeviceStatus(id, bunqsim.DeviceActive) })
			},
			acctest.Says(`bunq answered 400: "User credentials are incorrect.`),
		},
		{
			"a page with status 404 for the device",
			fault(bunqsim.Fault{Route: readDevice, Every: true, Kind: bunqsim.FaultStatus, Status: 404}),
			acctest.Says("the answer was 404 (text/html), not in bunq's format."),
		},
		{
			"a page with status 404 for the credential",
			fault(bunqsim.Fault{Route: readCredential, Every: true, Kind: bunqsim.FaultStatus, Status: 404}),
			acctest.Says("this answer did not come from bunq."),
		},
		{
			"a path that bunq does not know",
			fault(bunqsim.Fault{
				Route: readDevice, Every: true, Kind: bunqsim.FaultStatus, Status: 404, Body: `{"Error":[{"error_description":"Route not found."}]}`,
			}),
			acctest.Says("check base_url: bunq does not know this path."),
		},
		{
			"an answer that bunq did not sign",
			fault(bunqsim.Fault{Route: readCredential, Every: true, Kind: bunqsim.FaultNoSignature}),
			acctest.Says("so it was rejected."),
		},
		{
			"a session that is refused each time",
			fault(bunqsim.Fault{Route: readDevice, Every: true, Kind: bunqsim.FaultStatus, Status: 401}),
			acctest.Says("the session was refused, and so was a new one."),
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := acctest.New(t)
			config := b.Provider("") + deviceWith(named, list("127.0.0.1"))
			repair := func() {}
			b.Test(t, resource.TestCase{Steps: []resource.TestStep{
				{Config: config},
				{PreConfig: func() { repair = tt.damage(t, b) }, Config: config, ExpectError: tt.want},
				{
					PreConfig: func() { repair(); b.Sim.ResetJournal() },
					Config:    config, ConfigPlanChecks: planned(plancheck.ExpectEmptyPlan()), Check: journal(b),
				},
			}})
			if s := b.Sim.Snapshot(); len(s.Credentials) != 1 || len(s.Devices) != 1 {
				t.Errorf("%d credentials, %d devices", len(s.Credentials), len(s.Devices))
			}
		})
	}
}

// literal is a party's installation, written out.
func literal(p *acctest.Party) string {
	return fmt.Sprintf("{\n    id = \"%d\"\n    token = %q\n    private_key_pem = %q\n    public_key_pem = %q\n    server_public_key_pem = %q\n"+
		"    environment = \"sandbox\"\n  }\n", p.InstallationID, p.Token, p.PrivateKeyPEM, p.PublicKeyPEM, p.ServerPublicKeyPEM)
}

// What was made in another environment is refused before anything is sent, by each resource for
// itself.
func TestAccRefresh_refusesAnotherEnvironment(t *testing.T) {
	t.Parallel()
	s := validSeal(t)
	tests := []struct {
		name   string
		config func(*acctest.Party) string
		// What is refused at refresh, and what when it is to be made.
		read, plan string
	}{
		{
			"bunq_installation",
			func(*acctest.Party) string { return acctest.Installation },
			"installation", "",
		},
		{
			"bunq_psd2_credential",
			func(p *acctest.Party) string {
				return fmt.Sprintf("resource \"bunq_psd2_credential\" \"main\" {\n  installation = %s  certificate_pem = %s\n  private_key_pem_wo = %s\n}\n",
					literal(p), file(written(t, s.certificate)), file(written(t, s.key)))
			},
			"credential", "installation",
		},
		{
			"bunq_device_server",
			func(p *acctest.Party) string {
				return fmt.Sprintf("resource \"bunq_device_server\" \"main\" {\n  installation = %s  credential = { api_key = %q }\n  description = \"made by elsewhere\"\n}\n",
					literal(p), p.APIKey)
			},
			"API context", "installation",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := acctest.New(t)
			p := b.Onboard(t, "elsewhere")
			elsewhere := fmt.Sprintf("provider \"bunq\" {\n  environment = \"production\"\n  base_url = %q\n}\n", b.URL)
			says := func(what string) *regexp.Regexp {
				return acctest.Says("The " + what + " was made in bunq's sandbox environment, and this provider is configured for production. Nothing was sent")
			}
			nothing := func() {
				if calls := b.Calls(0); len(calls) > 0 {
					t.Errorf("sent: %v", calls)
				}
			}
			b.Sim.ResetJournal()
			steps := []resource.TestStep{
				{Config: b.Provider("") + tt.config(p)},
				{PreConfig: b.Sim.ResetJournal, Config: elsewhere + tt.config(p), ExpectError: says(tt.read)},
				{PreConfig: nothing, Config: b.Provider("") + tt.config(p), ConfigPlanChecks: planned(plancheck.ExpectEmptyPlan())},
			}
			if tt.plan != "" {
				steps = append([]resource.TestStep{
					{Config: elsewhere + tt.config(p), PlanOnly: true, ExpectError: says(tt.plan)},
					{PreConfig: nothing, Config: elsewhere + tt.config(p), ExpectError: says(tt.plan)},
				}, steps...)
			}
			b.Test(t, resource.TestCase{Steps: steps})
		})
	}
}

// What bunq itself says is gone leaves the state, and is made again.
func TestAccRefresh_gone(t *testing.T) {
	t.Parallel()
	gone := func(what string) string {
		return fmt.Sprintf(`{"Error":[{"error_description":"%s for id \"1\" not found.","error_description_translated":"x"}]}`, what)
	}
	t.Run("device", func(t *testing.T) {
		t.Parallel()
		b := acctest.New(t)
		config := b.Provider("") + deviceWith(named, set("permitted_ips", `["127.0.0.1"]`))
		var fault *bunqsim.Armed
		b.Test(t, resource.TestCase{Steps: []resource.TestStep{
			{Config: b.Provider("") + deviceWith(named)},
			{Config: config}, // the plan of an update leaves its mark in the private state
			{
				PreConfig: func() {
					fault = b.Sim.Fail(bunqsim.Fault{Route: readDevice, Kind: bunqsim.FaultStatus, Status: 404, Body: gone("Device server")})
					b.Sim.ResetJournal()
				},
				Config:           config,
				ConfigPlanChecks: planned(action("device_server", plancheck.ResourceActionCreate), action("psd2_credential", plancheck.ResourceActionNoop)),
				Check:            journal(b, "POST /device-server"),
			},
			emptyPlan(config),
		}})
		if fault.Fired() != 1 {
			t.Errorf("the device was gone %d times", fault.Fired())
		}
	})
	t.Run("credential", func(t *testing.T) {
		t.Parallel()
		b := acctest.New(t)
		c := acctest.NewCLI(t, b, acctest.Attached)
		c.Write(t, deviceWith(named))
		c.MustApply(t)
		fault := b.Sim.Fail(bunqsim.Fault{Route: readCredential, Every: true, Kind: bunqsim.FaultStatus, Status: 404, Body: gone("Credential password ip")})
		got := c.Plan(t)
		got.MustSay(t, 1, "Error: Another API key needs another installation")
		follow(t, c, commands(got.Output)[1], "main").MustSay(t, 0)
		fault.Disarm()
		c.MustHaveNothingToDo(t)
		mustHaveOneDeviceEach(t, b)
	})
}

// A credential that bunq lists as unusable, while its session still lives, is replaced with a
// warning.
func TestAccCredential_noLongerUsable(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	c := acctest.NewCLI(t, b, acctest.Attached)
	c.Write(t, deviceWith(named))
	c.MustApply(t)
	key := c.State(t).String(t, credentialAddress, "api_key")
	id := c.State(t).String(t, credentialAddress, "id")
	b.Sim.Fail(bunqsim.Fault{
		Route: readCredential, Every: true, Kind: bunqsim.FaultStatus, Status: 200,
		Body: `{"Response":[{"CredentialPasswordIp":{"id":` + id + `,"created":"2026-01-01 00:00:00.000000","updated":"2026-01-01 00:00:00.000000",` +
			`"status":"REVOKED","expiry_time":null,"token_value":null,"permitted_device":null}}]}`,
	})
	got := c.Plan(t)
	if !acctest.Says("bunq lists this credential as REVOKED. Applying registers the certificate again").MatchString(got.Output) {
		t.Errorf("status %d\n%s", got.Code, got.Output)
	}
	// Another key needs another device, and that another installation.
	c.MustApply(t, "-replace="+installationAddress, "-replace="+credentialAddress)
	b.Sim.ClearFaults()
	c.MustHaveNothingToDo(t)
	if c.State(t).String(t, credentialAddress, "api_key") == key {
		t.Error("the key is still the same")
	}
}

// A key that bunq has revoked: what leads out works.
func TestAccCredential_revoked(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	c := acctest.NewCLI(t, b, acctest.Attached)
	c.Write(t, deviceWith(named))
	c.MustApply(t)
	id := b.Sim.Snapshot().Credentials[0].ID
	try(t, func() error { return b.Sim.RevokeCredential(id) })()
	c.Plan(t).MustSay(t, 1, "bunq answered 400")
	c.MustApply(t, "-replace="+installationAddress, "-replace="+credentialAddress)
	c.MustHaveNothingToDo(t)
	if s := b.Sim.Snapshot(); len(s.Users) != 1 || len(s.Devices) != 2 {
		t.Errorf("%d users, %d devices", len(s.Users), len(s.Devices))
	}
}

package oauthapp_test

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

// Every attribute is what bunq has; a change of the URL is made in place.
func TestAccCallbackURL_life(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	p := b.Onboard(t, "Callback life")
	client := p.OAuthClient(t)
	clientText := strconv.FormatInt(client, 10)
	config := func(url string) string { return p.Provider() + callbackConfig(clientText, url, "") }
	only := func() bunqsim.CallbackURL {
		urls := b.Sim.Snapshot().CallbackURLs
		if len(urls) != 1 {
			t.Fatalf("bunq has %d callback URLs", len(urls))
		}
		return urls[0]
	}
	var first int64
	attributes := func(url string) resource.TestCheckFunc {
		return func(s *terraform.State) error {
			u := only()
			if u.URL != url {
				t.Errorf("bunq has %q", u.URL)
			}
			if first == 0 {
				first = u.ID
			}
			return resource.ComposeAggregateTestCheckFunc(
				resource.TestCheckResourceAttr(callbackAddress, "id", strconv.FormatInt(first, 10)),
				resource.TestCheckResourceAttr(callbackAddress, "url", url),
				resource.TestCheckResourceAttr(callbackAddress, "oauth_client_id", clientText),
				resource.TestCheckResourceAttr(callbackAddress, "user_id", strconv.FormatInt(p.UserID, 10)),
			)(s)
		}
	}
	b.Test(t, resource.TestCase{
		Steps: []resource.TestStep{
			{Config: config(callback('a')), Check: attributes(callback('a'))},
			{Config: config(callback('a')), ConfigPlanChecks: nothingToDo()},
			{
				Config: config(callback('b') + "?x=1"), Check: attributes(callback('b') + "?x=1"),
				ConfigPlanChecks: plans(callbackAddress, plancheck.ResourceActionUpdate),
			},
			{Config: config(callback('b') + "?x=1"), ConfigPlanChecks: nothingToDo()},
		},
	})
	if n := len(b.Sim.Snapshot().CallbackURLs); n != 0 {
		t.Errorf("after destroy bunq has %d callback URLs", n)
	}
	want := []string{postCallback, putCallback, deleteCallback}
	if diff := cmp.Diff(want, b.Writes(3)); diff != "" {
		t.Errorf("writes of the whole life (-want +got):\n%s", diff)
	}
}

// Another client replaces it: the URL is removed there and added here.
func TestAccCallbackURL_replacedWithItsClient(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	p := b.Onboard(t, "Replaced")
	cli := acctest.NewCLI(t, b, acctest.Attached)
	cli.Write(t, p.Provider()+both(""))
	cli.MustApply(t)
	first := b.Sim.Snapshot().OAuthClients[0].ID
	cli.Apply(t, "-replace="+clientAddress).MustSay(t, 0, "2 added, 0 changed, 2 destroyed")
	cli.MustHaveNothingToDo(t)
	now := b.Sim.Snapshot().ActiveOAuthClients(p.UserID)
	if len(now) != 1 || now[0] == first {
		t.Fatalf("active: %v", now)
	}
	if urls := b.Sim.Snapshot().CallbackURLsOf(now[0]); !slices.Equal(urls, []string{callback('a')}) {
		t.Errorf("the new client has %q", urls)
	}
	if urls := b.Sim.Snapshot().CallbackURLsOf(first); len(urls) != 0 {
		t.Errorf("the old client still has %q", urls)
	}
}

// What changed elsewhere is set right by the next apply.
func TestAccCallbackURL_drift(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		drift  func(*bunqsim.Sim, bunqsim.CallbackURL) error
		action plancheck.ResourceActionType
	}{
		"edited":      {func(s *bunqsim.Sim, u bunqsim.CallbackURL) error { return s.EditCallbackURL(u.ID, callback('z')) }, plancheck.ResourceActionUpdate},
		"deleted":     {func(s *bunqsim.Sim, u bunqsim.CallbackURL) error { return s.DeleteCallbackURL(u.ID) }, plancheck.ResourceActionCreate},
		"client gone": {func(s *bunqsim.Sim, u bunqsim.CallbackURL) error { return s.DeleteOAuthClient(u.OAuthClientID) }, plancheck.ResourceActionCreate},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := acctest.New(t)
			p := b.Onboard(t, "Drift")
			config := p.Provider() + both("")
			b.Test(t, resource.TestCase{
				Steps: []resource.TestStep{
					{Config: config},
					{
						PreConfig: func() {
							if err := tc.drift(b.Sim, b.Sim.Snapshot().CallbackURLs[0]); err != nil {
								t.Fatal(err)
							}
						},
						Config: config, ConfigPlanChecks: plans(callbackAddress, tc.action),
						Check: func(*terraform.State) error {
							urls := b.Sim.Snapshot().CallbackURLs
							if len(urls) != 1 || urls[0].URL != callback('a') {
								t.Errorf("bunq has %d callback URLs, the first is %q", len(urls), urls[0].URL)
							}
							return nil
						},
					},
					{Config: config, ConfigPlanChecks: nothingToDo()},
				},
			})
		})
	}
}

// A client that was cancelled takes its callback URLs along, and destroying them does not fail for
// that.
func TestAccCallbackURL_ofACancelledClient(t *testing.T) {
	t.Parallel()
	for name, settings := range map[string]bunqsim.Settings{
		"that can still be read": {},
		"that is gone":           {CancelledOAuthClient: bunqsim.Gone},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := acctest.New(t, acctest.WithSim(func(c *bunqsim.Config) { c.Settings = settings }))
			p := b.Onboard(t, "Cancelled")
			cli := acctest.NewCLI(t, b, acctest.Attached)
			cli.Write(t, p.Provider()+both(""))
			cli.MustApply(t)
			if err := b.Sim.CancelOAuthClient(b.Sim.Snapshot().OAuthClients[0].ID); err != nil {
				t.Fatal(err)
			}
			cli.MustApply(t)
			cli.MustHaveNothingToDo(t)
			now := b.Sim.Snapshot().ActiveOAuthClients(p.UserID)
			if len(now) != 1 {
				t.Fatalf("active: %v", now)
			}
			if urls := b.Sim.Snapshot().CallbackURLsOf(now[0]); !slices.Equal(urls, []string{callback('a')}) {
				t.Errorf("the new client has %q", urls)
			}
			if err := b.Sim.CancelOAuthClient(now[0]); err != nil {
				t.Fatal(err)
			}
			if r := cli.Destroy(t); r.Code != 0 {
				t.Errorf("destroy: exit code %d\n%s", r.Code, r.Output)
			}
		})
	}
}

// A URL that is there already is adopted. The plan warns of it, and so does the apply, once each; the
// plan reads no more than it does for the client.
func TestAccCallbackURL_thereAlready(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	p := b.Onboard(t, "There already")
	cli := acctest.NewCLI(t, b, acctest.Attached)
	cli.Write(t, p.Provider()+clientConfig(unprotected))
	cli.MustApply(t)
	client := b.Sim.Snapshot().OAuthClients[0].ID
	id, err := b.Sim.AddCallbackURL(client, callback('a'))
	if err != nil {
		t.Fatal(err)
	}

	cli.Write(t, p.Provider()+both(""))
	b.Sim.ResetJournal()
	said := []string{"Existing callback URL adopted", fmt.Sprintf("OAuth client %d already has %q, as callback URL %d", client, callback('a'), id), "If another state has it as well"}
	cli.Plan(t, "-out=saved").MustSay(t, 2, said...)
	if diff := cmp.Diff([]string{getClient}, b.Calls(0)); diff != "" {
		t.Errorf("calls of the plan (-want +got):\n%s", diff)
	}
	r := cli.MustApply(t, "saved")
	r.MustSay(t, 0, said...)
	if n := strings.Count(r.Output, said[0]); n != 1 {
		t.Errorf("said %d times", n)
	}
	if diff := cmp.Diff([]string{getClient, getClient}, b.Calls(0)); diff != "" {
		t.Errorf("calls of plan and apply (-want +got):\n%s", diff)
	}
	cli.MustHaveNothingToDo(t)
	if got := cli.State(t).String(t, callbackAddress, "id"); got != fmt.Sprint(id) {
		t.Errorf("the state has callback URL %s, bunq %d", got, id)
	}
}

// What an interrupted run made is adopted by the next one.
func TestAccCallbackURL_madeByAKilledRun(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	p := b.Onboard(t, "Killed")
	cli := acctest.NewCLI(t, b)
	cli.Write(t, p.Provider()+callbackConfig(fmt.Sprint(p.OAuthClient(t)), callback('a'), ""))
	b.Sim.Fail(bunqsim.Fault{Route: postCallback, Kind: bunqsim.FaultDrop, Stage: bunqsim.AfterCommit, Hook: func(bunqsim.Entry) {
		if err := cli.KillProviders(); err != nil {
			t.Error(err)
		}
	}})
	if r := cli.Apply(t); r.Code == 0 {
		t.Fatalf("the apply did not notice that the provider died:\n%s", r.Output)
	}
	cli.MustApply(t).MustSay(t, 0, "Existing callback URL adopted")
	cli.MustHaveNothingToDo(t)
	if n := b.Count(postCallback); n != 1 {
		t.Errorf("%d were made", n)
	}
}

// The same URL twice in one configuration is an error of the plan, whether one of the two exists or
// not, and with -refresh=false. A replacement is planned twice, and is not two resources.
func TestAccCallbackURL_declaredTwice(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	p := b.Onboard(t, "Twice")
	client := p.OAuthClient(t)
	cli := acctest.NewCLI(t, b, acctest.Attached)
	config := func(n int) string {
		return p.Provider() + callbackConfig(fmt.Sprint(client), callback('a'), fmt.Sprintf("  count = %d", n))
	}
	said := []string{"Two resources declare the same callback URL", fmt.Sprintf("declares %q for OAuth client %d", callback('a'), client),
		"Next step: remove one of the two resources", "To destroy instead: terraform destroy -refresh=false"}
	cli.Write(t, config(2))
	cli.Plan(t).MustSay(t, 1, said...)
	cli.Write(t, config(1))
	cli.MustApply(t)
	cli.MustHaveNothingToDo(t)
	cli.MustApply(t, "-replace="+callbackAddress+"[0]")
	cli.MustHaveNothingToDo(t)

	mark := len(b.Sim.Journal())
	cli.Write(t, config(2))
	cli.Plan(t).MustSay(t, 1, said...)
	cli.Plan(t, "-refresh=false").MustSay(t, 1, said...)
	cli.Plan(t, "-replace="+callbackAddress+"[0]").MustSay(t, 1, said...)
	if writes := b.Writes(mark); len(writes) > 0 {
		t.Errorf("written: %q", writes)
	}

	// What the message names works.
	if r := cli.Destroy(t); r.Code != 1 {
		t.Errorf("a destroy that plans: exit code %d\n%s", r.Code, r.Output)
	}
	if r := cli.Run(t, "destroy", "-no-color", "-auto-approve", "-refresh=false"); r.Code != 0 || len(b.Sim.Snapshot().CallbackURLs) > 0 {
		t.Errorf("exit code %d\n%s", r.Code, r.Output)
	}
}

// Where the client or the URL is only known in the apply, so is that a URL is declared twice: one
// resource has it, the other one gets an error.
func TestAccCallbackURL_declaredTwiceInTheApply(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	p := b.Onboard(t, "Twice")
	cli := acctest.NewCLI(t, b, acctest.Attached)
	cli.Write(t, p.Provider()+strings.Replace(both(""), "resource \"bunq_oauth_callback_url\" \"main\" {", "resource \"bunq_oauth_callback_url\" \"main\" {\n  count = 2", 1))
	cli.Apply(t).MustSay(t, 1, "Two resources declare the same callback URL", "remove one of the two resources")
	if n := len(b.Sim.Snapshot().CallbackURLs); n != 1 {
		t.Errorf("bunq has %d", n)
	}
	cli.Write(t, p.Provider()+both(""))
	cli.MustApply(t)
	cli.MustHaveNothingToDo(t)
}

// http is left to bunq to refuse for a loopback host, with a warning; other doubts are told as well.
func TestAccCallbackURL_doubtful(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		url      string
		settings bunqsim.Settings
		code     int
		want     []string
	}{
		"http of a loopback host":               {"http://localhost:3000/cb", bunqsim.Settings{HTTPCallback: bunqsim.Accepted}, 0, []string{"Doubtful callback URL", "is plain http"}},
		"http of a loopback host, and bunq not": {"http://127.0.0.1:3000/cb", bunqsim.Settings{}, 1, []string{"Doubtful callback URL", "must use HTTPS"}},
		"http of another host":                  {"http://app.example.com/", bunqsim.Settings{}, 1, []string{"Unusable callback URL", "plain http"}},
		"a wildcard":                            {"https://*.example.nl/cb", bunqsim.Settings{}, 0, []string{"Doubtful callback URL", "bunq knows no wildcards"}},
		"an umlaut":                             {"https://bücher.example/cb", bunqsim.Settings{}, 0, []string{"Doubtful callback URL", "xn--"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := acctest.New(t, acctest.WithSim(func(c *bunqsim.Config) { c.Settings = tc.settings }))
			p := b.Onboard(t, "Doubtful")
			cli := acctest.NewCLI(t, b, acctest.Attached)
			cli.Write(t, p.Provider()+callbackConfig(fmt.Sprint(p.OAuthClient(t)), tc.url, ""))
			cli.Apply(t).MustSay(t, tc.code, tc.want...)
		})
	}
}

// What bunq refuses is told with its words.
func TestAccCallbackURL_refused(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	p := b.Onboard(t, "Refused")
	client := fmt.Sprint(p.OAuthClient(t))
	tooLong := callback('a')
	for len(tooLong) <= 255 {
		tooLong += "/callback"
	}
	b.Test(t, resource.TestCase{
		Steps: []resource.TestStep{
			{
				Config:      p.Provider() + callbackConfig(client, tooLong, ""),
				ExpectError: regexp.MustCompile(`(?s)bunq_oauth_callback_url was not added.*bunq answered 400.*Response id: .*State:\s+nothing was added and nothing was\s+stored`),
			},
			{
				Config:      p.Provider() + callbackConfig(client, "http://app.example.com/", ""),
				ExpectError: regexp.MustCompile(`(?s)Unusable callback URL.*plain http`),
			},
			{
				Config:      p.Provider() + callbackConfig(b.Sim.Snapshot().OAuthClients[0].ClientID, callback('a'), ""),
				ExpectError: regexp.MustCompile(`(?s)Not a bunq ID.*not its\s+client_id`),
			},
			{
				Config:      p.Provider() + callbackConfig("999999", callback('a'), ""),
				ExpectError: regexp.MustCompile(`(?s)bunq_oauth_callback_url was not added.*bunq answered 404`),
			},
		},
	})
	if n := len(b.Sim.Snapshot().CallbackURLs); n != 0 {
		t.Errorf("bunq has %d", n)
	}
}

// However many callback URLs: a plan costs the same number of calls, and the apply that adds them
// one read and one call each.
func TestAccCallbackURL_manyAreReadWithOneCall(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 20, 100} {
		t.Run(strconv.Itoa(n), func(t *testing.T) {
			t.Parallel()
			b := acctest.New(t)
			p := b.Onboard(t, "Many")
			cli := acctest.NewCLI(t, b, acctest.Attached)
			cli.Write(t, p.Provider()+clientConfig(unprotected)+fmt.Sprintf(`
resource "bunq_oauth_callback_url" "main" {
  for_each        = toset([for i in range(%d) : "https://app.example.com/callback/${i}"])
  oauth_client_id = bunq_oauth_client.main.id
  url             = each.key
}
`, n))
			b.Sim.ResetJournal()
			cli.MustApply(t)
			if got := b.Count(postCallback); got != n {
				t.Errorf("%d callback URLs were made", got)
			}
			if reads := len(b.Calls(0)) - len(b.Writes(0)); reads != 4 { // session, list for the plan and for the apply, client
				t.Errorf("the apply read %d times: %q", reads, b.Calls(0))
			}
			b.Sim.ResetJournal()
			cli.MustHaveNothingToDo(t)
			if diff := cmp.Diff([]string{getClient}, b.Calls(0)); diff != "" {
				t.Errorf("a plan with %d callback URLs (-want +got):\n%s", n, diff)
			}
		})
	}
}

// The URL is not known before the apply, nor the client.
func TestAccCallbackURL_unknownAtPlan(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	p := b.Onboard(t, "Unknown")
	b.Test(t, resource.TestCase{
		Steps: []resource.TestStep{
			{Config: p.Provider() + clientConfig(unprotected) + `
resource "terraform_data" "host" { input = "app" }
resource "bunq_oauth_callback_url" "main" {
  oauth_client_id = bunq_oauth_client.main.id
  url             = "https://${terraform_data.host.output}.example.com/"
}
`, Check: resource.TestCheckResourceAttr(callbackAddress, "url", "https://app.example.com/")},
			{
				Config: p.Provider() + clientConfig(unprotected) + `
resource "terraform_data" "host" { input = "web" }
resource "bunq_oauth_callback_url" "main" {
  oauth_client_id = bunq_oauth_client.main.id
  url             = "https://${terraform_data.host.output}.example.com/"
}
`, Check: resource.TestCheckResourceAttr(callbackAddress, "url", "https://web.example.com/"),
				ConfigPlanChecks: plans(callbackAddress, plancheck.ResourceActionUpdate),
			},
			{
				// A URL that only the apply knows is checked then.
				Config: p.Provider() + clientConfig(unprotected) + `
resource "terraform_data" "host" { input = "app.example.com/#x" }
resource "bunq_oauth_callback_url" "main" {
  oauth_client_id = bunq_oauth_client.main.id
  url             = "https://${terraform_data.host.output}"
}
`, ExpectError: regexp.MustCompile(`(?s)Unusable callback URL.*has a fragment`),
			},
		},
	})
}

package oauthapp_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

// Lists with count shift: each URL moves to another resource, while bunq keeps
// each URL once. Whatever the order in which Terraform asks, at the end bunq has
// the URLs that were asked for, each in one resource, and there is nothing to do.
func TestAccCallbackURL_movesBetweenResources(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ before, after string }{
		"one is put in front":    {"abc", "xabc"},
		"the first is taken out": {"abc", "bc"},
		"two change places":      {"ab", "ba"},
		"all go round":           {"abcd", "bcda"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := acctest.New(t)
			p := b.Onboard(t, "Shifting")
			client := p.OAuthClient(t)
			cli := acctest.NewCLI(t, b)
			config := func(hosts string) string {
				urls := make([]string, len(hosts))
				for i, h := range hosts {
					urls[i] = fmt.Sprintf("%q", callback(h))
				}
				return p.Provider() + fmt.Sprintf("locals { urls = [%s] }\n", strings.Join(urls, ", ")) + fmt.Sprintf(`
resource "bunq_oauth_callback_url" "main" {
  count           = length(local.urls)
  oauth_client_id = "%d"
  url             = local.urls[count.index]
}
`, client)
			}
			cli.Write(t, config(tc.before))
			cli.MustApply(t)
			cli.Write(t, config(tc.after))
			cli.MustApply(t)
			cli.MustHaveNothingToDo(t)

			want := make([]string, len(tc.after))
			for i, h := range tc.after {
				want[i] = callback(h)
			}
			got := b.Sim.Snapshot().CallbackURLsOf(client)
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("bunq has %q, want %q", got, want)
			}
			ids := map[string]bool{}
			state := cli.State(t)
			for address := range state {
				ids[state.String(t, address, "id")] = true
			}
			if len(ids) != len(tc.after) {
				t.Errorf("%d resources share %d callback URLs", len(tc.after), len(ids))
			}
		})
	}
}

// A resource that was renamed without a moved block is made and destroyed in
// one apply, in any order.
func TestAccCallbackURL_isRenamed(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	p := b.Onboard(t, "Renaming")
	client := p.OAuthClient(t)
	cli := acctest.NewCLI(t, b)
	config := func(name string) string {
		return p.Provider() + fmt.Sprintf(`
resource "bunq_oauth_callback_url" %q {
  oauth_client_id = "%d"
  url             = %q
}
`, name, client, callback('a'))
	}
	for i, name := range []string{"one", "two", "three", "four"} {
		cli.Write(t, config(name))
		cli.MustApply(t)
		cli.MustHaveNothingToDo(t)
		if got := b.Sim.Snapshot().CallbackURLsOf(client); !slices.Equal(got, []string{callback('a')}) {
			t.Fatalf("after %d renamings bunq has %q", i, got)
		}
	}
}

// The resource that lost its callback URL can't get another one: it has none
// then, with an error that says so, rather than share one with another resource,
// and the next apply makes it, with a refresh or without.
func TestAccCallbackURL_losesItsOwn(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ refresh, done string }{
		"mended with a refresh":    {"-refresh=true", "1 added, 0 changed, 0 destroyed"},
		"mended without a refresh": {"-refresh=false", "0 added, 1 changed, 0 destroyed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			losesItsOwn(t, tc.refresh, tc.done)
		})
	}
}

func losesItsOwn(t *testing.T, refresh, done string) {
	t.Helper()
	b := acctest.New(t)
	p := b.Onboard(t, "Losing")
	client := fmt.Sprint(p.OAuthClient(t))
	first := callbackConfig(client, callback('a'), "")
	second := strings.Replace(callbackConfig(client, callback('a'), ""), `"main"`, `"taker"`, 1)
	cli := acctest.NewCLI(t, b)
	cli.Write(t, p.Provider()+first)
	cli.MustApply(t)
	id := b.Sim.Snapshot().CallbackURLs[0].ID

	cli.Write(t, p.Provider()+callbackConfig(client, callback('x'), "  depends_on = [bunq_oauth_callback_url.taker]")+second)
	fault := b.Sim.Fail(bunqsim.Fault{Route: postCallback, Every: true, Kind: bunqsim.FaultStatus, Status: 400})
	cli.Apply(t).MustSay(t, 1, "A callback URL that was there is taken up", "bunq_oauth_callback_url was not changed",
		fmt.Sprintf("has its callback URL %d now", id), "This one has none in the state; the next apply makes it")
	if state := cli.State(t); state[callbackAddress]["id"] != nil || state.String(t, "bunq_oauth_callback_url.taker", "id") != fmt.Sprint(id) {
		t.Errorf("the state is %v", state)
	}
	fault.Disarm()
	cli.MustApply(t, refresh).MustSay(t, 0, done)
	cli.MustHaveNothingToDo(t)
	got := b.Sim.Snapshot().CallbackURLs
	if len(got) != 2 || got[0].URL != callback('a') || got[1].URL != callback('x') {
		t.Errorf("bunq has %d callback URLs", len(got))
	}
}

func callback(host rune) string { return fmt.Sprintf("https://%c.example.com/callback", host) }

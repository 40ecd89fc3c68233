package oauthapp_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
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

func callback(host rune) string { return fmt.Sprintf("https://%c.example.com/callback", host) }

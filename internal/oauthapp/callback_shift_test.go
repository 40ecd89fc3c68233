package oauthapp_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

// shifting is a party whose client has callback URLs that move between resources, and who watches
// over them.
type shifting struct {
	*acctest.Party
	b      *acctest.Bunq
	cli    *acctest.CLI
	client int64

	mu      sync.Mutex
	keep    []string
	missing []string // URLs to keep that bunq did not have after some request
}

func newShifting(t *testing.T, settings bunqsim.Settings) *shifting {
	t.Helper()
	s := &shifting{}
	s.b = acctest.New(t, acctest.WithSim(func(c *bunqsim.Config) { c.Settings, c.Observer = settings, s.watch }))
	s.Party = s.b.Onboard(t, "Shifting")
	s.client = s.OAuthClient(t)
	s.cli = acctest.NewCLI(t, s.b)
	return s
}

// watch is called after each request.
func (s *shifting) watch(bunqsim.Entry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.keep) == 0 {
		return
	}
	has := s.b.Sim.Snapshot().CallbackURLsOf(s.client)
	for _, url := range s.keep {
		if !slices.Contains(has, url) && !slices.Contains(s.missing, url) {
			s.missing = append(s.missing, url)
		}
	}
}

// keeps says which URLs must be at bunq from now on, whatever is done.
func (s *shifting) keeps(hosts string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keep = nil
	for _, h := range hosts {
		s.keep = append(s.keep, callback(h))
	}
}

// list is a resource with count; each letter is a host.
func (s *shifting) list(hosts string) string {
	urls := make([]string, len(hosts))
	for i, h := range hosts {
		urls[i] = fmt.Sprintf("%q", callback(h))
	}
	return s.Provider() + fmt.Sprintf("locals { urls = [%s] }\n", strings.Join(urls, ", ")) + fmt.Sprintf(`
resource "bunq_oauth_callback_url" "main" {
  count           = length(local.urls)
  oauth_client_id = "%d"
  url             = local.urls[count.index]
}
`, s.client)
}

// named is a resource for each host, called as the names say, with the same lines in each.
func (s *shifting) named(names, hosts, line string) string {
	config := s.Provider()
	for i, name := range strings.Fields(names) {
		config += strings.Replace(callbackConfig(fmt.Sprint(s.client), callback(rune(hosts[i])), line), `"main"`, `"`+name+`"`, 1)
	}
	return config
}

// check wants nothing to do, and those URLs at bunq, each in one resource.
func (s *shifting) check(t *testing.T, hosts string) {
	t.Helper()
	s.cli.MustHaveNothingToDo(t)
	want := make([]string, len(hosts))
	for i, h := range hosts {
		want[i] = callback(h)
	}
	got := s.b.Sim.Snapshot().CallbackURLsOf(s.client)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("bunq has %q, want %q", got, want)
	}
	ids := map[string]bool{}
	state := s.cli.State(t)
	for address := range state {
		ids[state.String(t, address, "id")] = true
	}
	if len(ids) != len(hosts) || len(state) != len(hosts) {
		t.Errorf("%d resources are %d callback URLs, want %d", len(state), len(ids), len(hosts))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.missing) > 0 {
		t.Errorf("missing at bunq for a while: %q", s.missing)
	}
}

// URLs move between resources, while bunq keeps each once. Whatever the order in which Terraform
// asks, at the end bunq has the URLs that were asked for, each in one resource, there is nothing to
// do, and none that was declared before and after was missing in between.
func TestAccCallbackURL_movesBetweenResources(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ before, after, kept string }{
		"one is put in front":    {"ab", "xab", "ab"},
		"the first is taken out": {"abc", "bc", "bc"},
		"two change places":      {"ab", "ba", "ab"},
		"three go round":         {"abc", "bca", "abc"},
	} {
		for how, args := range map[string][]string{"at once": nil, "one by one": {"-parallelism=1"}} {
			t.Run(name+", "+how, func(t *testing.T) {
				t.Parallel()
				s := newShifting(t, bunqsim.Settings{})
				s.cli.Write(t, s.list(tc.before))
				s.cli.MustApply(t)
				s.keeps(tc.kept)
				s.cli.Write(t, s.list(tc.after))
				s.cli.MustApply(t, args...)
				s.check(t, tc.after)
			})
		}
	}
}

// A bunq that takes a URL twice is no reason to have it twice.
func TestAccCallbackURL_movesWhereBunqTakesOneTwice(t *testing.T) {
	t.Parallel()
	s := newShifting(t, bunqsim.Settings{DuplicateCallback: bunqsim.Accepted})
	s.cli.Write(t, s.list("abc"))
	s.cli.MustApply(t)
	s.keeps("abc")
	for _, hosts := range []string{"bca", "xabc", "cxab"} {
		s.cli.Write(t, s.list(hosts))
		s.cli.MustApply(t)
		s.check(t, hosts)
	}
}

// A resource that was renamed without a moved block is made and destroyed in one apply, in any
// order.
func TestAccCallbackURL_isRenamed(t *testing.T) {
	t.Parallel()
	s := newShifting(t, bunqsim.Settings{})
	s.cli.Write(t, s.named("one other", "ab", ""))
	s.cli.MustApply(t)
	s.keeps("ab")
	mark := len(s.b.Sim.Journal())
	for _, names := range []string{"two other", "a z", "z a"} {
		for _, args := range [][]string{nil, {"-parallelism=1"}} {
			s.cli.Write(t, s.named(names, "ab", ""))
			s.cli.MustApply(t, args...)
			s.check(t, "ab")
		}
	}
	if writes := s.b.Writes(mark); len(writes) > 0 {
		t.Errorf("renaming wrote %q", writes)
	}
}

// Replaced for no reason at bunq: it stays.
func TestAccCallbackURL_isReplaced(t *testing.T) {
	t.Parallel()
	s := newShifting(t, bunqsim.Settings{})
	s.cli.Write(t, s.named("one two", "ab", ""))
	s.cli.MustApply(t)
	s.keeps("ab")
	s.cli.MustApply(t, "-replace=bunq_oauth_callback_url.one")
	s.check(t, "ab")
	s.cli.Run(t, "taint", "-no-color", "bunq_oauth_callback_url.two")
	s.cli.MustApply(t)
	s.check(t, "ab")

	// What the object that is being replaced has is not adopted as new.
	s.cli.Write(t, s.named("one two", "ab", "  lifecycle {\n    create_before_destroy = true\n  }"))
	s.cli.Apply(t, "-replace=bunq_oauth_callback_url.one").MustSay(t, 1, "Another resource has this callback URL", "apply without -replace")
	s.check(t, "ab")
}

// One element alone takes nothing from a resource that the plan does not show; a plain apply does
// what was asked for.
func TestAccCallbackURL_targeted(t *testing.T) {
	t.Parallel()
	for target, refused := range map[string]bool{"[0]": false, "[1]": true, "[2]": true} {
		t.Run(target, func(t *testing.T) {
			t.Parallel()
			s := newShifting(t, bunqsim.Settings{})
			s.cli.Write(t, s.list("ab"))
			s.cli.MustApply(t)
			s.cli.Write(t, s.list("xab"))
			r := s.cli.Apply(t, "-target=bunq_oauth_callback_url.main"+target)
			if refused {
				s.keeps("ab")
				r.MustSay(t, 1, "The client already has this callback URL", "if you applied with -target, apply without it")
			} else if r.Code != 0 {
				t.Fatalf("exit code %d\n%s", r.Code, r.Output)
			}
			s.cli.MustApply(t)
			s.check(t, "xab")
		})
	}
}

// Killed after any write: the plain apply goes on from there.
func TestAccCallbackURL_killedWhileMoving(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ call, before, after, kept string }{
		"while the first is taken out": {deleteCallback, "abc", "bc", "bc"},
		"while one is put in front":    {postCallback, "ab", "xab", "ab"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShifting(t, bunqsim.Settings{})
			s.cli.Write(t, s.list(tc.before))
			s.cli.MustApply(t)
			s.keeps(tc.kept)
			s.cli.Write(t, s.list(tc.after))
			s.b.Sim.Fail(bunqsim.Fault{Route: tc.call, Kind: bunqsim.FaultDrop, Stage: bunqsim.AfterCommit, Hook: func(bunqsim.Entry) {
				if err := s.cli.KillProviders(); err != nil {
					t.Error(err)
				}
			}})
			if r := s.cli.Apply(t, "-parallelism=1"); r.Code == 0 {
				t.Fatalf("the apply did not notice that the provider died:\n%s", r.Output)
			}
			s.cli.MustApply(t)
			s.check(t, tc.after)
		})
	}
}

// A saved plan, applied on this machine after others were made and left.
func TestAccCallbackURL_savedPlan(t *testing.T) {
	t.Parallel()
	s := newShifting(t, bunqsim.Settings{})
	s.cli.Write(t, s.list("abc"))
	s.cli.MustApply(t)
	s.keeps("abc")
	s.cli.Write(t, s.list("cab"))
	s.cli.Plan(t, "-out=saved")
	s.cli.Write(t, s.list("b"))
	s.cli.Plan(t)
	s.cli.Write(t, s.list("cab"))
	s.cli.MustApply(t, "saved")
	s.check(t, "cab")
}

// Without a cache folder the end is the same.
func TestAccCallbackURL_movesWithoutACache(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ before, after string }{
		"one is put in front":    {"ab", "xab"},
		"the first is taken out": {"abc", "bc"},
		"three go round":         {"abc", "bca"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShifting(t, bunqsim.Settings{})
			s.cli.Env = []string{"BUNQ_SESSION_CACHE=false"}
			s.cli.Write(t, s.list(tc.before))
			s.cli.MustApply(t)
			s.cli.Write(t, s.list(tc.after))
			s.cli.MustApply(t)
			s.check(t, tc.after)
		})
	}
}

// A pipeline plans on one machine and applies the plan on another one, whose cache folder is empty:
// the end is the same, even if bunq takes its time to delete a URL that another resource adds again.
func TestAccCallbackURL_movesWithAPlanOfAnotherMachine(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ before, after string }{
		"one is put in front":    {"ab", "xab"},
		"the first is taken out": {"abc", "bc"},
		"two change places":      {"ab", "ba"},
		"three go round":         {"abc", "bca"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShifting(t, bunqsim.Settings{})
			s.cli.Write(t, s.list(tc.before))
			s.cli.MustApply(t)
			s.cli.Write(t, s.list(tc.after))
			s.cli.Plan(t, "-out=saved").MustSay(t, 2)
			s.cli.MoveToNewMachine(t)
			s.b.Sim.Fail(bunqsim.Fault{
				Route: "DELETE /user/{id}/oauth-client/{id}/callback-url/{id}", Every: true,
				Kind: bunqsim.FaultSlow, Wait: 500 * time.Millisecond,
			})
			s.cli.MustApply(t, "saved")
			s.check(t, tc.after)
		})
	}
}

// Two resources of the state that are one callback URL, as older versions made them: a plan says
// how to forget one, and to delete it deletes no live URL.
func TestAccCallbackURL_twoThatAreOne(t *testing.T) {
	t.Parallel()
	s := newShifting(t, bunqsim.Settings{})
	s.cli.Write(t, s.named("one", "a", ""))
	s.cli.MustApply(t)
	id := fmt.Sprintf("%d/%d/%d", s.UserID, s.client, s.b.Sim.Snapshot().CallbackURLs[0].ID)
	s.cli.Write(t, s.named("one two", "ab", ""))
	s.cli.Run(t, "import", "-no-color", "bunq_oauth_callback_url.two", id).MustSay(t, 0, "Import successful!")
	s.cli.Plan(t).MustSay(t, 2, "Two resources are one callback URL", "from = bunq_oauth_callback_url.NAME", "destroy = false")

	s.keeps("a")
	s.cli.MustApply(t)
	s.check(t, "ab")

	s.cli.Run(t, "state", "rm", "bunq_oauth_callback_url.two")
	s.cli.Run(t, "import", "-no-color", "bunq_oauth_callback_url.two", id).MustSay(t, 0, "Import successful!")
	s.cli.Write(t, s.named("one", "a", ""))
	s.cli.MustApply(t).MustSay(t, 0, "0 added, 0 changed, 1 destroyed")
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.missing) > 0 {
		t.Errorf("missing at bunq: %q", s.missing)
	}
}

// The resource that gave up its callback URL can't get another one: it has none then, with an error
// that says so, rather than share one with another resource, and the next apply makes it, with a
// refresh or without.
func TestAccCallbackURL_losesItsOwn(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ refresh, done string }{
		"next apply with a refresh":    {"-refresh=true", "1 added, 0 changed, 0 destroyed"},
		"next apply without a refresh": {"-refresh=false", "0 added, 1 changed, 0 destroyed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			losesItsOwn(t, tc.refresh, tc.done)
		})
	}
}

func losesItsOwn(t *testing.T, refresh, done string) {
	t.Helper()
	s := newShifting(t, bunqsim.Settings{})
	s.cli.Write(t, s.named("main", "a", ""))
	s.cli.MustApply(t)
	s.keeps("a")
	id := s.b.Sim.Snapshot().CallbackURLs[0].ID

	s.cli.Write(t, s.named("main", "x", "  depends_on = [bunq_oauth_callback_url.taker]")+strings.TrimPrefix(s.named("taker", "a", ""), s.Provider()))
	fault := s.b.Sim.Fail(bunqsim.Fault{Route: postCallback, Every: true, Kind: bunqsim.FaultStatus, Status: 400})
	s.cli.Apply(t).MustSay(t, 1, "bunq_oauth_callback_url was not changed",
		fmt.Sprintf("callback URL %d now belongs to another resource of this apply", id), "This resource has no callback URL in the state; the next apply adds it")
	if state := s.cli.State(t); state[callbackAddress]["id"] != nil || state.String(t, "bunq_oauth_callback_url.taker", "id") != fmt.Sprint(id) {
		t.Errorf("the state is %v", state)
	}
	fault.Disarm()
	s.cli.MustApply(t, refresh).MustSay(t, 0, done)
	s.check(t, "ax")
}

func callback(host rune) string { return fmt.Sprintf("https://%c.example.com/callback", host) }

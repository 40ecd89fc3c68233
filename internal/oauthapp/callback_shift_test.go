package oauthapp_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

// shifting is a party whose client has callback URLs that move between resources.
type shifting struct {
	*acctest.Party
	b      *acctest.Bunq
	cli    *acctest.CLI
	client int64
}

func newShifting(t *testing.T, settings bunqsim.Settings) *shifting {
	t.Helper()
	s := &shifting{}
	s.b = acctest.New(t, acctest.WithSim(func(c *bunqsim.Config) { c.Settings = settings }))
	s.Party = s.b.Onboard(t, "Shifting")
	s.client = s.OAuthClient(t)
	s.cli = acctest.NewCLI(t, s.b, acctest.Attached)
	return s
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
}

// URLs move between resources. Whatever the order in which Terraform asks, and whether bunq takes a
// URL that it has or not: one apply does it, from a plan that was made on another machine, too.
func TestAccCallbackURL_movesBetweenResources(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ before, after string }{
		"one is put in front":    {"ab", "xab"},
		"the first is taken out": {"abc", "bc"},
		"two change places":      {"ab", "ba"},
		"three go round":         {"abc", "bca"},
		"everything is another":  {"ab", "xyz"},
	} {
		for how, settings := range map[string]bunqsim.Settings{"a URL twice is refused": {}, "a URL twice is accepted": {DuplicateCallback: bunqsim.Accepted}} {
			t.Run(name+", "+how, func(t *testing.T) {
				t.Parallel()
				s := newShifting(t, settings)
				s.cli.Write(t, s.list(tc.before))
				s.cli.MustApply(t)
				s.cli.Write(t, s.list(tc.after))
				s.cli.MustApply(t)
				s.check(t, tc.after)

				s.cli.Write(t, s.list(tc.before))
				s.cli.Plan(t, "-out=saved").MustSay(t, 2)
				s.cli.MoveToNewMachine(t)
				s.cli.MustApply(t, "saved")
				s.check(t, tc.before)
			})
		}
	}
}

// A resource that was renamed without a moved block is made and destroyed in one apply, in any
// order; with one, nothing is to do.
func TestAccCallbackURL_isRenamed(t *testing.T) {
	t.Parallel()
	s := newShifting(t, bunqsim.Settings{})
	s.cli.Write(t, s.named("one other", "ab", ""))
	s.cli.MustApply(t)
	for _, names := range []string{"two other", "a z", "z a"} {
		for _, args := range [][]string{nil, {"-parallelism=1"}} {
			s.cli.Write(t, s.named(names, "ab", ""))
			s.cli.MustApply(t, args...)
			s.check(t, "ab")
		}
	}

	mark := len(s.b.Sim.Journal())
	s.cli.Write(t, s.named("first a", "ab", "")+"moved {\n  from = bunq_oauth_callback_url.z\n  to   = bunq_oauth_callback_url.first\n}\n")
	s.cli.MustApply(t).MustSay(t, 0, "0 added, 0 changed, 0 destroyed")
	s.check(t, "ab")
	if writes := s.b.Writes(mark); len(writes) > 0 {
		t.Errorf("a moved block wrote %q", writes)
	}
}

// Replaced for no reason at bunq: at the end it is there. Created first, it never goes.
func TestAccCallbackURL_isReplaced(t *testing.T) {
	t.Parallel()
	s := newShifting(t, bunqsim.Settings{})
	s.cli.Write(t, s.named("one two", "ab", ""))
	s.cli.MustApply(t)
	s.cli.MustApply(t, "-replace=bunq_oauth_callback_url.one")
	s.check(t, "ab")
	s.cli.Run(t, "taint", "-no-color", "bunq_oauth_callback_url.two")
	s.cli.MustApply(t)
	s.check(t, "ab")

	s.cli.Write(t, s.named("one two", "ab", "  lifecycle {\n    create_before_destroy = true\n  }"))
	mark := len(s.b.Sim.Journal())
	s.cli.MustApply(t, "-replace=bunq_oauth_callback_url.one").MustSay(t, 0, "Existing callback URL adopted")
	s.check(t, "ab")
	s.cli.Run(t, "taint", "-no-color", "bunq_oauth_callback_url.two")
	s.cli.MustApply(t)
	s.check(t, "ab")
	if writes := s.b.Writes(mark); len(writes) > 0 {
		t.Errorf("written: %q", writes)
	}
}

// One element alone may take the object of a resource that the plan does not show. The plain apply
// sets both right.
func TestAccCallbackURL_targeted(t *testing.T) {
	t.Parallel()
	for _, target := range []string{"[0]", "[1]", "[2]"} {
		t.Run(target, func(t *testing.T) {
			t.Parallel()
			s := newShifting(t, bunqsim.Settings{})
			s.cli.Write(t, s.list("ab"))
			s.cli.MustApply(t)
			s.cli.Write(t, s.list("xab"))
			s.cli.MustApply(t, "-target=bunq_oauth_callback_url.main"+target)
			s.cli.MustApply(t)
			s.check(t, "xab")
		})
	}
}

// Killed after a write: the plain apply goes on from there.
func TestAccCallbackURL_killedWhileMoving(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ call, before, after string }{
		"while the first is taken out": {deleteCallback, "abc", "bc"},
		"while one is put in front":    {postCallback, "ab", "xab"},
		"while they go round":          {deleteCallback, "abc", "bca"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShifting(t, bunqsim.Settings{})
			s.cli.Write(t, s.list(tc.before))
			s.cli.MustApply(t)
			s.cli.Write(t, s.list(tc.after))
			fault := s.b.Sim.Fail(bunqsim.Fault{Route: tc.call, Kind: bunqsim.FaultDrop, Stage: bunqsim.AfterCommit, Hook: func(bunqsim.Entry) {
				if err := s.cli.KillProviders(); err != nil {
					t.Error(err)
				}
			}})
			s.cli.Apply(t)
			fault.Disarm()
			s.cli.MustApply(t)
			s.check(t, tc.after)
		})
	}
}

// A call that bunq refuses stops one resource, and no other one; the next plain apply does the rest.
func TestAccCallbackURL_refusedWhileMoving(t *testing.T) {
	t.Parallel()
	s := newShifting(t, bunqsim.Settings{})
	s.cli.Write(t, s.list("abc"))
	s.cli.MustApply(t)
	s.cli.Write(t, s.list("bcax"))
	s.b.Sim.Fail(bunqsim.Fault{Route: deleteCallback, Kind: bunqsim.FaultStatus, Status: 400})
	s.b.Sim.Fail(bunqsim.Fault{Route: postCallback, Kind: bunqsim.FaultStatus, Status: 400})
	s.cli.Apply(t).MustSay(t, 1, "bunq answered 400")
	s.cli.MustApply(t)
	s.check(t, "bcax")
}

// Two resources of the state that are one callback URL, as after a copy of the state: the second one
// leaves the state with a warning, and the same plan makes it again.
func TestAccCallbackURL_copies(t *testing.T) {
	t.Parallel()
	const warning = "Two resources are one callback URL"
	for name, tc := range map[string]struct{ names, hosts string }{
		"with URLs of their own": {"one two", "ab"},
		"the first one's":        {"one two", "xa"},
		"one of them goes":       {"two", "a"},
		"the other one goes":     {"one", "a"},
		"both move on":           {"one two", "xy"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShifting(t, bunqsim.Settings{})
			s.copies(t)
			s.cli.Write(t, s.named(tc.names, tc.hosts, ""))
			s.cli.MustApply(t).MustSay(t, 0, warning, "was taken out of the state")
			s.check(t, tc.hosts)
		})
	}

	t.Run("without a refresh", func(t *testing.T) {
		t.Parallel()
		s := newShifting(t, bunqsim.Settings{})
		s.copies(t)
		for _, names := range []string{"one two", "one"} {
			s.cli.Write(t, s.named(names, "ab"[:len(strings.Fields(names))], ""))
			s.cli.Plan(t, "-refresh=false").MustSay(t, 1, warning, "plan with a refresh (without -refresh=false)")
		}
		s.cli.Plan(t, "-refresh-only").MustSay(t, 2, warning)

		// What the message names works.
		s.cli.MustApply(t)
		s.check(t, "a")
		s.copies(t)
		if r := s.cli.Run(t, "destroy", "-no-color", "-auto-approve", "-refresh=false"); r.Code != 0 {
			t.Errorf("exit code %d\n%s", r.Code, r.Output)
		}
		if urls := s.b.Sim.Snapshot().CallbackURLs; len(urls) > 0 {
			t.Errorf("bunq has %v", urls)
		}
	})

	t.Run("destroyed", func(t *testing.T) {
		t.Parallel()
		s := newShifting(t, bunqsim.Settings{})
		s.copies(t)
		s.cli.Write(t, s.named("one two", "ab", ""))
		if r := s.cli.Destroy(t); r.Code != 0 {
			t.Errorf("exit code %d\n%s", r.Code, r.Output)
		}
		if urls := s.b.Sim.Snapshot().CallbackURLs; len(urls) > 0 {
			t.Errorf("bunq has %v", urls)
		}
	})
}

// Whose an object is does not depend on bunq: two resources that are one callback URL come apart while
// neither can be read, in the apply that stores another context.
func TestAccCallbackURL_copiesWithADeadKey(t *testing.T) {
	t.Parallel()
	s := newShifting(t, bunqsim.Settings{})
	s.copies(t)
	again := *s.Party
	again.Register(t, "a second key")
	revoke(t, s.b, s.CredentialID)

	s.cli.Write(t, s.b.Provider("")+strings.TrimPrefix(s.named("one two", "ab", inContext(&again)), s.Provider()))
	s.cli.MustApply(t).MustSay(t, 0, "bunq_oauth_callback_url cannot be read without an API context", "Two resources are one callback URL")
	s.check(t, "ab")
}

// copies makes a state in which the resources one and two are one callback URL.
func (s *shifting) copies(t *testing.T) {
	t.Helper()
	s.cli.Write(t, s.named("one two", "ac", ""))
	s.cli.MustApply(t, "-target=bunq_oauth_callback_url.one")
	id := fmt.Sprintf("%d/%d/%s", s.UserID, s.client, s.cli.State(t).String(t, "bunq_oauth_callback_url.one", "id"))
	s.cli.Run(t, "import", "-no-color", "bunq_oauth_callback_url.two", id).MustSay(t, 0, "Import successful!")
}

// An import of what another resource has is an error of the plan, whichever is read first; so are two
// imports of one object. The ways that it names work.
func TestAccCallbackURL_importedTwice(t *testing.T) {
	t.Parallel()
	s := newShifting(t, bunqsim.Settings{})
	s.cli.Write(t, s.named("main", "a", ""))
	s.cli.MustApply(t)
	id := fmt.Sprintf("%d/%d/%s", s.UserID, s.client, s.cli.State(t).String(t, callbackAddress, "id"))
	mark := len(s.b.Sim.Journal())

	for _, name := range []string{"aaa", "zzz"} {
		into := "bunq_oauth_callback_url." + name
		s.cli.Write(t, s.named("main "+name, "ab", "")+importBlock(into, id))
		for _, args := range [][]string{nil, {"-parallelism=1"}} {
			s.cli.Plan(t, args...).MustSay(t, 1, "Two resources are one callback URL", "remove the import block", "terraform destroy -refresh=false")
		}
		s.cli.Write(t, s.named(name, "a", "")+importBlock(into, id))
		s.cli.Plan(t).MustSay(t, 1, "Two resources are one callback URL", "use a moved block instead")
	}
	if writes := s.b.Writes(mark); len(writes) > 0 {
		t.Errorf("written: %q", writes)
	}
	s.cli.Write(t, s.named("zzz", "a", "")+"moved {\n  from = bunq_oauth_callback_url.main\n  to   = bunq_oauth_callback_url.zzz\n}\n")
	s.cli.MustApply(t)
	s.check(t, "a")

	s.cli.Run(t, "state", "rm", "bunq_oauth_callback_url.zzz")
	s.cli.Write(t, s.named("one two", "ab", "")+importBlock("bunq_oauth_callback_url.one", id)+importBlock("bunq_oauth_callback_url.two", id))
	s.cli.Plan(t).MustSay(t, 1, "Two resources are one callback URL")
	s.cli.Write(t, s.named("one two", "ab", "")+importBlock("bunq_oauth_callback_url.one", id))
	s.cli.MustApply(t).MustSay(t, 0, "1 imported, 1 added")
	s.check(t, "ab")
}

// 100 URLs of 240 characters, one put in front: none is missing at the end. (700 of them: see
// TestCallbackURLs_many.)
func TestAccCallbackURL_many(t *testing.T) {
	t.Parallel()
	s := newShifting(t, bunqsim.Settings{})
	config := func(front string) string {
		return s.Provider() + fmt.Sprintf(`
locals {
  urls = concat([%s], [for i in range(100) : format("https://app.example.com/%%s/%%03d", join("", [for j in range(212) : "x"]), i)])
}
resource "bunq_oauth_callback_url" "main" {
  count           = length(local.urls)
  oauth_client_id = "%d"
  url             = local.urls[count.index]
}
`, front, s.client)
	}
	s.cli.Write(t, config(""))
	s.cli.MustApply(t)
	mark := len(s.b.Sim.Journal())
	s.cli.Write(t, config(fmt.Sprintf("%q", callback('x'))))
	s.cli.MustApply(t).MustSay(t, 0, "1 added, 100 changed, 0 destroyed")
	if reads := len(s.b.Calls(mark)) - len(s.b.Writes(mark)); reads > 2 {
		t.Errorf("plan and apply read %d times", reads)
	}
	s.cli.MustHaveNothingToDo(t)

	got := s.b.Sim.Snapshot().CallbackURLsOf(s.client)
	slices.Sort(got)
	if all := len(got); all != 101 || len(slices.Compact(got)) != 101 || len(got[0]) != 240 {
		t.Errorf("bunq has %d callback URLs, the first of %d characters", all, len(got[0]))
	}
}

func callback(host rune) string { return fmt.Sprintf("https://%c.example.com/callback", host) }

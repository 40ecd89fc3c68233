package acctest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
	"github.com/openpsd2/terraform-provider-bunq/internal/provider"
)

// Every call of Terraform is known to the watch: what the provider sends in it is named with it.
func TestWatch_knowsTheCall(t *testing.T) {
	t.Parallel()
	watch, err := NewWatch(t.TempDir(), "run")
	if err != nil {
		t.Fatal(err)
	}
	asked := &asking{watch: watch}
	server, err := watch.Server(asked)
	if err != nil {
		t.Fatal(err)
	}

	ctx := t.Context()
	for want, call := range map[string]func() error{
		"during ConfigureProvider": func() error {
			_, err := server.ConfigureProvider(ctx, &tfprotov6.ConfigureProviderRequest{})
			return err
		},
		"during the validation of x": func() error {
			_, err := server.ValidateResourceConfig(ctx, &tfprotov6.ValidateResourceConfigRequest{TypeName: "x"})
			return err
		},
		"during the plan of x": func() error {
			_, err := server.PlanResourceChange(ctx, &tfprotov6.PlanResourceChangeRequest{TypeName: "x"})
			return err
		},
		"during the refresh of x": func() error {
			_, err := server.ReadResource(ctx, &tfprotov6.ReadResourceRequest{TypeName: "x"})
			return err
		},
		"during the import of x": func() error {
			_, err := server.ImportResourceState(ctx, &tfprotov6.ImportResourceStateRequest{TypeName: "x"})
			return err
		},
		"during the read of data x": func() error {
			_, err := server.ReadDataSource(ctx, &tfprotov6.ReadDataSourceRequest{TypeName: "x"})
			return err
		},
		"during the opening of ephemeral x": func() error {
			_, err := server.OpenEphemeralResource(ctx, &tfprotov6.OpenEphemeralResourceRequest{TypeName: "x"})
			return err
		},
		"during the renewal of ephemeral x": func() error {
			_, err := server.RenewEphemeralResource(ctx, &tfprotov6.RenewEphemeralResourceRequest{TypeName: "x"})
			return err
		},
		"during the apply of x": func() error {
			_, err := server.ApplyResourceChange(ctx, &tfprotov6.ApplyResourceChangeRequest{TypeName: "x"})
			return err
		},
	} {
		asked.with, asked.without = moment{}, moment{}
		if err := call(); err != nil {
			t.Fatal(err)
		}
		apply := strings.HasPrefix(want, "during the apply")
		for _, got := range []moment{asked.with, asked.without} {
			if got.String() != want || got.Apply != apply {
				t.Errorf("the moment is %q with apply %t, want %q with apply %t", got, got.Apply, want, apply)
			}
		}
	}
	if got := watch.of(ctx); got.String() != "while Terraform asked for nothing" || got.Apply {
		t.Errorf("after all calls the moment is %q", got)
	}
}

// asking notes in each call of Terraform which one the watch takes it for: with the context of the
// call, and without one.
type asking struct {
	fullServer
	watch         *Watch
	with, without moment
}

func (a *asking) note(ctx context.Context) {
	a.with, a.without = a.watch.of(ctx), a.watch.of(context.Background())
}

func (a *asking) ConfigureProvider(ctx context.Context, _ *tfprotov6.ConfigureProviderRequest) (*tfprotov6.ConfigureProviderResponse, error) {
	a.note(ctx)
	return nil, nil
}

func (a *asking) ValidateResourceConfig(ctx context.Context, _ *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	a.note(ctx)
	return nil, nil
}

func (a *asking) PlanResourceChange(ctx context.Context, _ *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	a.note(ctx)
	return nil, nil
}

func (a *asking) ReadResource(ctx context.Context, _ *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	a.note(ctx)
	return nil, nil
}

func (a *asking) ImportResourceState(ctx context.Context, _ *tfprotov6.ImportResourceStateRequest) (*tfprotov6.ImportResourceStateResponse, error) {
	a.note(ctx)
	return nil, nil
}

func (a *asking) ReadDataSource(ctx context.Context, _ *tfprotov6.ReadDataSourceRequest) (*tfprotov6.ReadDataSourceResponse, error) {
	a.note(ctx)
	return nil, nil
}

func (a *asking) OpenEphemeralResource(ctx context.Context, _ *tfprotov6.OpenEphemeralResourceRequest) (*tfprotov6.OpenEphemeralResourceResponse, error) {
	a.note(ctx)
	return nil, nil
}

func (a *asking) RenewEphemeralResource(ctx context.Context, _ *tfprotov6.RenewEphemeralResourceRequest) (*tfprotov6.RenewEphemeralResourceResponse, error) {
	a.note(ctx)
	return nil, nil
}

func (a *asking) ApplyResourceChange(ctx context.Context, _ *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	a.note(ctx)
	return nil, nil
}

// Each provider leaves notes, whichever way it runs; a process that left none is found.
func TestAccCLI_watchesTheProvider(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string][]CLIOption{"process": nil, "attached": {Attached}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := New(t)
			c := NewCLI(t, b, opts...)
			c.Write(t, Installation)
			c.MustApply(t)

			var writes []note
			files, err := filepath.Glob(filepath.Join(b.ledger.dir, "*"))
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range files {
				all, err := notes(f)
				if err != nil {
					t.Fatal(err)
				}
				writes = append(writes, slices.DeleteFunc(all, func(n note) bool { return n.Call == "" })...)
			}
			if len(writes) != 1 || writes[0].Call != "POST /v1/installation" || writes[0].String() != "during the apply of bunq_installation" {
				t.Fatalf("noted are %+v", writes)
			}

			if len(opts) > 0 {
				return
			}
			if err := os.Remove(files[0]); err != nil {
				t.Fatal(err)
			}
			if err := c.unwatched(); err == nil || !strings.Contains(err.Error(), "was not watched") {
				t.Errorf("notes that are missing: the error is %v", err)
			}
			writeFile(t, files[0], "")
		})
	}
}

// Each command of an attached CLI has a provider of its own, with the environment and the cache folder
// of the CLI: nothing but the cache passes from one command to the next.
func TestAccCLI_attachesEachCommandToANewProvider(t *testing.T) {
	t.Parallel()
	b := New(t)
	c := NewCLI(t, b, Attached)
	c.Write(t, CallbackURL)
	c.MustApply(t)

	sessions := func() int { return b.Count(openSession) }
	before := sessions()
	c.MustHaveNothingToDo(t)
	if now := sessions(); now != before {
		t.Errorf("the session in the cache was not used: %d openings", now-before)
	}
	c.Env = []string{"BUNQ_SESSION_CACHE=false"}
	for range 2 {
		before = sessions()
		c.MustHaveNothingToDo(t)
		if now := sessions(); now != before+1 {
			t.Errorf("without a cache a plan opened %d sessions, want 1", now-before)
		}
	}
	c.Env = nil
	c.MoveToNewMachine(t)
	before = sessions()
	c.MustHaveNothingToDo(t)
	if now := sessions(); now != before+1 {
		t.Errorf("on a new machine a plan opened %d sessions, want 1", now-before)
	}
}

// What the test itself sends is not the provider's, and a session that a fault met does not count.
func TestLedger_judgesTheProviderAlone(t *testing.T) {
	t.Parallel()
	b := unguarded(t)
	b.Onboard(t, "itself")
	b.Sim.Fail(bunqsim.Fault{Route: openSession, Kind: bunqsim.FaultStatus, Status: 500})
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.URL+"/session-server", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Bunq-Client-Request-Id", "lost")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if got := mustJudge(t, b); len(got) != 0 {
		t.Errorf("faults are %q", got)
	}

	w, err := b.ledger.watch()
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"lost", "1", "2"} {
		if err := w.write(note{Call: openSession, Opened: "a", RequestID: id}); err != nil {
			t.Fatal(err)
		}
	}
	if got := mustJudge(t, b); len(got) != 1 || !strings.Contains(got[0], "2 sessions") {
		t.Errorf("two sessions and one that met a fault: faults are %q", got)
	}
}

// One session for each context is what a process may open that reads; one that
// bunq ended, or that a fault met, may be replaced.
func TestWatch_findsASecondSessionInARunThatReads(t *testing.T) {
	t.Parallel()
	opened := func(context, id string, apply bool) note {
		return note{moment: moment{Apply: apply}, Call: openSession, Opened: context, RequestID: id}
	}
	faulty := func(id string) bool { return id == "faulty" }
	good := []note{
		opened("a", "1", false), opened("b", "2", false), opened("a", "faulty", false), opened("a", "3", true),
		{Again: true}, opened("a", "4", false),
	}
	if got := judge(good, faulty); len(got) != 0 {
		t.Errorf("one session each: faults are %q", got)
	}
	if got := judge(append(good, opened("a", "5", false)), faulty); len(got) != 1 || !strings.Contains(got[0], "2 sessions") {
		t.Errorf("two sessions: faults are %q", got)
	}
}

// What goes by is noted as it is: writes before they are sent, openings after
// they worked, by token and key.
func TestWatch_notes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w, err := NewWatch(dir, "run")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "run")
	var bodies []string
	status, seen := 200, 0
	transport := w.Transport(roundTrip(func(r *http.Request) (*http.Response, error) {
		all, err := notes(path)
		if err != nil {
			return nil, err
		}
		seen = len(all)
		body := make([]byte, 100)
		n, _ := r.Body.Read(body)
		bodies = append(bodies, string(body[:n]))
		if status == 0 {
			return nil, errors.New("lost")
		}
		return &http.Response{StatusCode: status, Body: http.NoBody}, nil
	}))
	send := func(ctx context.Context, method, path, token, body string) {
		r := httptest.NewRequestWithContext(ctx, method, "http://bank.test/v1"+path, strings.NewReader(body))
		r.Header.Set("X-Bunq-Client-Authentication", token)
		r.Header.Set("X-Bunq-Client-Request-Id", "id of "+body)
		if answer, err := transport.RoundTrip(r); err == nil {
			_ = answer.Body.Close()
		}
	}

	ctx, done := w.read(t.Context(), "the plan of x")
	_, other := w.apply(t.Context(), "the apply of y") // at the same time
	send(ctx, "GET", "/user", "s", "")
	send(ctx, "PUT", "/user/1", "s", "put")
	if seen != 1 {
		t.Error("a write was sent before it was noted")
	}
	send(context.Background(), "DELETE", "/session/1", "s", "")
	other()
	send(context.Background(), "POST", "/session-server", "t", "key one")
	send(ctx, "POST", "/session-server", "t", "key two")
	send(ctx, "POST", "/session-server", "u", "key one")
	status = 403
	send(ctx, "GET", "/user", "s", "")
	send(ctx, "POST", "/session-server", "t", "key one")
	status = 0
	send(ctx, "POST", "/session-server", "t", "key one")
	done()
	send(context.Background(), "PUT", "/user/1", "s", "")

	all, err := notes(path)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, n := range all {
		got = append(got, fmt.Sprintf("%s %s apply=%t again=%t opened=%t %s", n.Call, n.moment, n.Apply, n.Again, n.Opened != "", n.RequestID))
	}
	want := []string{
		"PUT /v1/user/1 during the plan of x apply=false again=false opened=false ",
		"DELETE /v1/session/1 during the apply of y apply=true again=false opened=false ",
		"POST /v1/session-server during the plan of x apply=false again=false opened=true id of key one",
		"POST /v1/session-server during the plan of x apply=false again=false opened=true id of key two",
		"POST /v1/session-server during the plan of x apply=false again=false opened=true id of key one",
		"GET /v1/user during the plan of x apply=false again=true opened=false ",
		"PUT /v1/user/1 while Terraform asked for nothing apply=false again=false opened=false ",
	}
	if !slices.Equal(got, want) {
		t.Errorf("noted are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if len(all) > 4 && (all[2].Opened == all[3].Opened || all[2].Opened == all[4].Opened) {
		t.Error("two contexts are taken for one")
	}
	if !slices.Contains(bodies, "key two") || !slices.Contains(bodies, "put") {
		t.Errorf("bodies sent are %q", bodies)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// mustJudge returns the faults so far.
func mustJudge(t *testing.T, b *Bunq) []string {
	t.Helper()
	faults, err := b.ledger.faults()
	if err != nil {
		t.Fatal(err)
	}
	return faults
}

// thisProgram is a folder in which this test's program stands as the provider.
func thisProgram(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Symlink(self, filepath.Join(dir, "terraform-provider-"+provider.TypeName)); err != nil {
		t.Fatal(err)
	}
	return dir
}

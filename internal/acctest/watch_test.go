package acctest

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/openpsd2/terraform-provider-bunq/internal/provider"
)

// envMischief lets this test's program be a provider that writes in one call of
// Terraform, beside what it does otherwise.
const envMischief = "BUNQ_ACCTEST_MISCHIEF"

func TestMain(m *testing.M) {
	if during, ok := os.LookupEnv(envMischief); ok {
		change := func(s tfprotov6.ProviderServer, bunq http.RoundTripper) (tfprotov6.ProviderServer, error) {
			return &mischief{fullServer: s.(fullServer), during: during, bunq: bunq}, nil
		}
		if err := ServeProcess(context.Background(), change, provider.WithoutPacing()); err != nil {
			log.Fatal(err)
		}
		return
	}
	os.Exit(m.Run())
}

// mischief is the provider, with a write in the call of Terraform that is named.
type mischief struct {
	fullServer
	during string
	bunq   http.RoundTripper
}

func (m *mischief) write(ctx context.Context, during string) error {
	if during != m.during {
		return nil
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPut, os.Getenv("BUNQ_BASE_URL")+"/user/1", http.NoBody)
	if err != nil {
		return err
	}
	answer, err := m.bunq.RoundTrip(r)
	if err != nil {
		return err
	}
	return answer.Body.Close()
}

func (m *mischief) ConfigureProvider(ctx context.Context, r *tfprotov6.ConfigureProviderRequest) (*tfprotov6.ConfigureProviderResponse, error) {
	if err := m.write(ctx, "configure"); err != nil {
		return nil, err
	}
	return m.fullServer.ConfigureProvider(ctx, r)
}

func (m *mischief) ValidateResourceConfig(ctx context.Context, r *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	if err := m.write(ctx, "validate"); err != nil {
		return nil, err
	}
	return m.fullServer.ValidateResourceConfig(ctx, r)
}

func (m *mischief) PlanResourceChange(ctx context.Context, r *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	if err := m.write(ctx, "plan"); err != nil {
		return nil, err
	}
	return m.fullServer.PlanResourceChange(ctx, r)
}

func (m *mischief) ReadResource(ctx context.Context, r *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	if err := m.write(ctx, "refresh"); err != nil {
		return nil, err
	}
	return m.fullServer.ReadResource(ctx, r)
}

func (m *mischief) ApplyResourceChange(ctx context.Context, r *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	if err := m.write(ctx, "apply"); err != nil {
		return nil, err
	}
	return m.fullServer.ApplyResourceChange(ctx, r)
}

// A write by a provider process is a fault in every call of Terraform but an
// apply, and is named with the call it was sent in.
func TestAccCLI_findsWritesOutsideAnApply(t *testing.T) {
	t.Parallel()
	for during, fault := range map[string]string{
		"nothing":   "",
		"apply":     "",
		"configure": "during ConfigureProvider",
		"validate":  "during the validation of bunq_installation",
		"plan":      "during the plan of bunq_installation",
		"refresh":   "during the refresh of bunq_installation",
	} {
		t.Run("during "+during, func(t *testing.T) {
			t.Parallel()
			b := New(t)
			c := unguardedCLI(t, b, NewCLI(t, b).program, thisProgram(t))
			c.Env = []string{envMischief + "=nothing"}
			c.Write(t, Installation)
			c.MustApply(t)
			if got := c.mustJudge(t); len(got) != 0 {
				t.Fatalf("without mischief: faults are %q", got)
			}

			c.Env = []string{envMischief + "=" + during}
			if during == "apply" {
				c.MustApply(t, "-replace=bunq_installation.main")
			} else if r := c.Plan(t); r.Code == 1 {
				t.Fatalf("plan: %s", r.Output)
			}
			if sent := b.Count("PUT /user/{id}") > 0; sent != (during != "nothing") {
				t.Fatalf("a write was sent: %t", sent)
			}
			got := slices.Compact(c.mustJudge(t))
			if fault == "" && len(got) != 0 || fault != "" && !slices.Equal(got, []string{"PUT /v1/user/1 was sent " + fault + ": only an apply may write"}) {
				t.Errorf("faults are %q, must name %q", got, fault)
			}
		})
	}
}

// The provider that the tests drive watches itself, and a kill does not end that.
func TestAccCLI_watchesTheProvider(t *testing.T) {
	t.Parallel()
	c := NewCLI(t, New(t))
	c.Write(t, Installation)
	c.MustApply(t)

	var writes []note
	files, err := filepath.Glob(filepath.Join(c.watched, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		all, err := notes(f)
		if err != nil {
			t.Fatal(err)
		}
		writes = append(writes, all...)
	}
	if len(writes) != 1 || writes[0].Call != "POST /v1/installation" || writes[0].String() != "during the apply of bunq_installation" {
		t.Fatalf("noted are %+v", writes)
	}

	if err := os.Remove(files[0]); err != nil {
		t.Fatal(err)
	}
	if got, err := c.faults(); err == nil || !strings.Contains(err.Error(), "was not watched") {
		t.Errorf("notes that are missing: faults are %q, error is %v", got, err)
	}
	writeFile(t, files[0], "")
}

// One session for each context is what a process may open that reads; one that
// bunq ended, or that a fault spoiled, may be replaced.
func TestWatch_findsASecondSessionInARunThatReads(t *testing.T) {
	t.Parallel()
	opened := func(context, id string, apply bool) note {
		return note{moment: moment{Apply: apply}, Call: openSession, Opened: context, RequestID: id}
	}
	spoiled := func(id string) bool { return id == "spoiled" }
	good := []note{
		opened("a", "1", false), opened("b", "2", false), opened("a", "spoiled", false), opened("a", "3", true),
		{Dead: true}, opened("a", "4", false),
	}
	if got := judge(good, spoiled); len(got) != 0 {
		t.Errorf("one session each: faults are %q", got)
	}
	if got := judge(append(good, opened("a", "5", false)), spoiled); len(got) != 1 || !strings.Contains(got[0], "2 sessions") {
		t.Errorf("two sessions: faults are %q", got)
	}
}

// What goes by is noted as it is: writes before they are sent, openings after
// they worked, by token and key.
func TestWatch_notes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w, err := NewWatch(dir)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, fmt.Sprint(os.Getpid()))
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

	ctx, done := w.phases.read(t.Context(), "the plan of x")
	_, other := w.phases.apply(t.Context(), "the apply of y") // at the same time
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
		got = append(got, fmt.Sprintf("%s %s apply=%t dead=%t opened=%t %s", n.Call, n.moment, n.Apply, n.Dead, n.Opened != "", n.RequestID))
	}
	want := []string{
		"PUT /v1/user/1 during the plan of x apply=false dead=false opened=false ",
		"DELETE /v1/session/1 during the apply of y apply=true dead=false opened=false ",
		"POST /v1/session-server during the plan of x apply=false dead=false opened=true id of key one",
		"POST /v1/session-server during the plan of x apply=false dead=false opened=true id of key two",
		"POST /v1/session-server during the plan of x apply=false dead=false opened=true id of key one",
		"GET /v1/user during the plan of x apply=false dead=true opened=false ",
		"PUT /v1/user/1 while Terraform asked for nothing apply=false dead=false opened=false ",
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
func (c *CLI) mustJudge(t *testing.T) []string {
	t.Helper()
	faults, err := c.faults()
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

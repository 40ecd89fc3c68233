package lifecycle_test

import (
	"context"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest/core"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
	"github.com/openpsd2/terraform-provider-bunq/internal/provider"
	"github.com/openpsd2/terraform-provider-bunq/internal/qseal"
	"github.com/openpsd2/terraform-provider-bunq/internal/signing"
)

// The types of the chain, in its order.
const (
	installation = "bunq_installation"
	credential   = "bunq_psd2_credential"
	device       = "bunq_device_server"
	client       = "bunq_oauth_client"
	callback     = "bunq_oauth_callback_url"
	filters      = "bunq_notification_filters"
)

// world is a simulated bunq with a Terraform that manages its access to it, in
// one process and on one clock.
type world struct {
	*terraform
	sim   *bunqsim.Sim
	cache string
	// remembered is the state before something was forgotten on purpose.
	remembered state
}

// newWorld begins with nothing. Call it under synctest, where waiting takes no time.
func newWorld(t *testing.T) *world {
	t.Helper()
	return worldOf(t, bunqsim.NewTest(t, bunqsim.Config{}))
}

func worldOf(t *testing.T, sim *bunqsim.Sim) *world {
	t.Helper()
	cache := t.TempDir()
	opts := []provider.Option{provider.WithTransport(sim.RoundTripper()), provider.WithCacheDir(cache)}
	return &world{terraform: &terraform{t: t, opts: opts, baseURL: "http://127.0.0.1:1/v1", state: state{}}, sim: sim, cache: cache}
}

// beginning is a world as it was saved.
type beginning struct {
	sim               *bunqsim.Sim
	state, remembered state
	settings          func(references) core.Args
	cache             map[string][]byte
}

// save keeps the world as it is, for others to begin with.
func (w *world) save() *beginning {
	w.t.Helper()
	b := &beginning{sim: w.sim, state: maps.Clone(w.state), remembered: maps.Clone(w.remembered), settings: w.settings, cache: map[string][]byte{}}
	files, err := os.ReadDir(w.cache)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, f := range files {
		if b.cache[f.Name()], err = os.ReadFile(filepath.Join(w.cache, f.Name())); err != nil {
			w.t.Fatal(err)
		}
	}
	return b
}

// world begins where the saved one stood. The clock of synctest starts again:
// what is waited here makes what was saved a thing of the past.
func (b *beginning) world(t *testing.T) *world {
	t.Helper()
	time.Sleep(time.Minute)
	sim, err := b.sim.Fork(bunqsim.Config{})
	if err != nil {
		t.Fatal(err)
	}
	w := worldOf(t, sim)
	w.state, w.remembered, w.settings = maps.Clone(b.state), maps.Clone(b.remembered), b.settings
	for name, raw := range b.cache {
		if err := os.WriteFile(filepath.Join(w.cache, name), raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

// keys are made once: making them is what takes longest.
type keys struct {
	installation, other, qseal, certificate string
}

var sharedKeys = sync.OnceValues(func() (keys, error) {
	var k keys
	key, err := signing.GenerateKey()
	if err != nil {
		return k, err
	}
	if k.installation, err = signing.MarshalPrivateKey(key); err != nil {
		return k, err
	}
	if key, err = signing.GenerateKey(); err != nil {
		return k, err
	}
	if k.other, err = signing.MarshalPrivateKey(key); err != nil {
		return k, err
	}
	if key, err = signing.GenerateKey(); err != nil {
		return k, err
	}
	if k.qseal, err = signing.MarshalPrivateKey(key); err != nil {
		return k, err
	}
	// The clock of synctest begins with the year 2000.
	k.certificate, err = qseal.NewPseudoCertificate(qseal.PseudoOptions{
		CommonName: "Lifecycle PISP AISP", Country: "NL", Key: key,
		NotBefore: time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC),
	})
	return k, err
})

func mustKeys(t *testing.T) keys {
	t.Helper()
	k, err := sharedKeys()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// everything is the whole chain, in the order of the references.
func everything() []declared {
	return []declared{
		{typ: installation}, {typ: credential, needs: []string{installation}}, {typ: device, needs: []string{installation, credential}},
		{typ: client, needs: []string{installation, credential, device}}, {typ: callback, needs: []string{installation, credential, device, client}},
		{typ: filters, needs: []string{installation, credential, device}},
	}
}

// config is the chain up to and including the given type. Each change adds
// attributes to one resource, or replaces them.
func (w *world) config(upTo string, changes ...with) []declared {
	w.t.Helper()
	k := mustKeys(w.t)
	bodies := map[string]func(references) core.Args{
		installation: func(references) core.Args {
			return core.Args{"private_key_pem": core.String(k.installation)}
		},
		credential: func(r references) core.Args {
			return core.Args{
				"installation": r.whole(installation), "certificate_pem": core.String(k.certificate), "private_key_pem_wo": core.String(k.qseal),
			}
		},
		device: func(r references) core.Args {
			return core.Args{
				"installation": r.whole(installation), "credential": r.whole(credential), "description": core.String("lifecycle"),
			}
		},
		client: func(r references) core.Args {
			return core.Args{"api_context": r.attr(device, "api_context"), "deletion_protection": core.Bool(false)}
		},
		callback: func(r references) core.Args {
			return core.Args{
				"api_context": r.attr(device, "api_context"), "oauth_client_id": r.attr(client, "id"), "url": core.String("https://app.example.com/callback"),
			}
		},
		filters: func(r references) core.Args {
			return core.Args{"api_context": r.attr(device, "api_context"), "filters": webhooks("https://app.example.com/hook")}
		},
	}
	var out []declared
	for _, d := range everything() {
		d.body = func(r references) core.Args {
			body := bodies[d.typ](r)
			for _, c := range changes {
				if c.typ != d.typ {
					continue
				}
				for name, v := range c.attributes(r) {
					body[name] = v
				}
			}
			return body
		}
		out = append(out, d)
		if d.typ == upTo {
			return out
		}
	}
	if upTo != "" {
		w.t.Fatalf("no type %s", upTo)
	}
	return nil
}

// with is a change of what config gives one resource.
type with struct {
	typ        string
	attributes func(references) core.Args
}

func assign(typ, name string, v tftypes.Value) with {
	return with{typ, func(references) core.Args { return core.Args{name: v} }}
}

// converge applies a configuration that must work, and plans once more: there
// must be nothing left to do.
func (w *world) converge(ctx context.Context, config []declared) {
	w.t.Helper()
	p := w.plan(ctx, config)
	if got := p.notices.Errors(); len(got) > 0 {
		w.t.Fatalf("the clean plan failed:\n%s", got)
	}
	if p.empty() {
		w.state = p.refreshed
		return
	}
	if got := w.apply(ctx, p).Errors(); len(got) > 0 {
		w.t.Fatalf("the clean apply failed:\n%s", got)
	}
	again := w.plan(ctx, config)
	if got := again.notices.Errors(); len(got) > 0 {
		w.t.Fatalf("the second plan failed:\n%s", got)
	}
	if !again.empty() {
		w.t.Errorf("the second plan is not empty: %v", again.actions())
	}
}

// plan plans, and proves that this only read.
func (w *world) plan(ctx context.Context, config []declared) *changes {
	w.t.Helper()
	defer w.onlyReads(len(w.sim.Journal()))
	return w.terraform.plan(ctx, config)
}

// imports imports, and proves that this only read.
func (w *world) imports(ctx context.Context, typ, id string) core.Notices {
	w.t.Helper()
	defer w.onlyReads(len(w.sim.Journal()))
	return w.terraform.imports(ctx, typ, id)
}

// onlyReads proves that since the given entry of the journal nothing was
// written, beside the one session that a run may need: all resources here have
// the same context.
func (w *world) onlyReads(from int) {
	w.t.Helper()
	sessions, allowed := 0, 1
	for _, e := range w.sim.Journal()[from:] {
		if e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden {
			allowed = 2 // a dead one is replaced once
		}
		switch {
		case e.Call() == "POST /session-server":
			if e.Status == http.StatusOK && e.Fault == "" {
				sessions++
			}
		case e.Method != "GET":
			w.t.Errorf("%s was sent by something that only reads", e.Call())
		}
	}
	if sessions > allowed {
		w.t.Errorf("%d sessions were opened by something that only reads", sessions)
	}
}

// holdings are the objects at bunq, by kind, as their ids.
func (w *world) holdings() map[string][]string {
	s := w.sim.Snapshot()
	out := map[string][]string{}
	add := func(kind string, id int64) { out[kind] = append(out[kind], itoa(id)) }
	for _, o := range s.Installations {
		add(installation, o.ID)
	}
	for _, o := range s.Credentials {
		add(credential, o.ID)
	}
	for _, o := range s.Devices {
		add(device, o.ID)
	}
	for _, o := range s.OAuthClients {
		if o.Status == bunqsim.OAuthClientActive {
			add(client, o.ID)
		}
	}
	for _, o := range s.CallbackURLs {
		add(callback, o.ID)
	}
	for _, o := range s.NotificationFilters {
		if !slices.Contains(out[filters], itoa(o.UserID)) {
			add(filters, o.UserID) // one set for each user, whose ID it has
		}
	}
	for kind := range out {
		slices.Sort(out[kind])
	}
	return out
}

// addresses are the active permitted addresses at bunq, of all keys.
func (w *world) addresses() []string {
	var out []string
	for _, p := range w.sim.Snapshot().PermittedIPs {
		if p.Status == bunqsim.PermittedIPActive {
			out = append(out, p.IP)
		}
	}
	slices.Sort(out)
	return out
}

package pacing_test

import (
	"context"
	"crypto/rsa"
	"fmt"
	"math"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest/core"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
	"github.com/openpsd2/terraform-provider-bunq/internal/provider"
	"github.com/openpsd2/terraform-provider-bunq/internal/qseal"
	"github.com/openpsd2/terraform-provider-bunq/internal/signing"
)

// bank is a simulated bunq with its published limits, and the cache folder of
// the machine from which it is called.
type bank struct {
	*bunqsim.Sim

	t        testing.TB
	cacheDir string
}

// newBank returns a bank whose answers take latency.
func newBank(t testing.TB, latency time.Duration) *bank {
	t.Helper()
	cacheDir := t.TempDir()
	t.Cleanup(synctest.Wait) // what was cancelled still has files open
	b := &bank{t: t, cacheDir: cacheDir, Sim: bunqsim.NewTest(t, bunqsim.Config{
		Limits: bunqsim.LimitsPublished,
		// In these tests a session ends only if the test ends it.
		Settings: bunqsim.Settings{FirstSessionLifetime: 90 * time.Hour},
	})}
	if latency > 0 {
		// Half on the way there, half on the way back.
		for _, stage := range []bunqsim.Stage{bunqsim.BeforeCommit, bunqsim.AfterCommit} {
			b.Fail(bunqsim.Fault{Every: true, Kind: bunqsim.FaultSlow, Stage: stage, Wait: latency / 2})
		}
	}
	return b
}

const baseURL = "https://bunq.example.com/v1"

// provider starts a process of the provider that calls this bank.
func (b *bank) provider(ctx context.Context, block core.Args, opts ...provider.Option) *run {
	b.t.Helper()
	all := core.Args{"base_url": core.String(baseURL)}
	for name, v := range block {
		all[name] = v
	}
	return start(ctx, b.t, all, append([]provider.Option{
		provider.WithTransport(b.RoundTripper()), provider.WithCacheDir(b.cacheDir),
	}, opts...)...)
}

// Keys are made once for all tests: they take time, and no test depends on which they are.
var (
	installationKey = sync.OnceValue(newKey)
	qsealKey        = sync.OnceValue(newKey)
)

func newKey() *rsa.PrivateKey {
	key, err := signing.GenerateKey()
	if err != nil {
		panic(err)
	}
	return key
}

func pemOf(t testing.TB, key *rsa.PrivateKey) string {
	t.Helper()
	text, err := signing.MarshalPrivateKey(key)
	must(t, err)
	return text
}

var parties int // each party is a user of its own
var partiesMu sync.Mutex

// certificate is a pseudo certificate of a party that bunq has not seen yet.
func certificate(t testing.TB) string {
	t.Helper()
	partiesMu.Lock()
	parties++
	name := fmt.Sprintf("Pacing %d PISP AISP", parties)
	partiesMu.Unlock()
	now := time.Now()
	pem, err := qseal.NewPseudoCertificate(qseal.PseudoOptions{
		CommonName: name, Country: "NL", NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(1, 0, 0), Key: qsealKey(),
	})
	must(t, err)
	return pem
}

// party is everything of examples/complete, in the state.
type party struct {
	installation, credential, device, client *object
	urls                                     []*object
}

// onboard applies everything up to the device: the installation, the credential,
// and the device, which opens the session.
func (r *run) onboard(ctx context.Context) *party {
	r.t.Helper()
	p := &party{}
	var err error
	p.installation, err = r.create(ctx, "bunq_installation", core.Args{"private_key_pem": core.String(pemOf(r.t, installationKey()))})
	must(r.t, err)
	p.credential, err = r.create(ctx, "bunq_psd2_credential", core.Args{
		"installation": p.installation.Value, "certificate_pem": core.String(certificate(r.t)),
		"private_key_pem_wo": core.String(pemOf(r.t, qsealKey())),
	})
	must(r.t, err)
	p.device, err = r.create(ctx, "bunq_device_server", core.Args{
		"installation": p.installation.Value, "credential": p.credential.Value,
		"description": core.String("pacing"),
	})
	must(r.t, err)
	return p
}

// addClient applies the OAuth client.
func (r *run) addClient(ctx context.Context, p *party) {
	r.t.Helper()
	var err error
	p.client, err = r.create(ctx, "bunq_oauth_client", core.Args{"api_context": p.device.Attr("api_context"), "deletion_protection": core.Bool(false)})
	must(r.t, err)
}

// callback are the arguments of the i-th callback URL.
func (p *party) callback(i int) core.Args {
	return core.Args{
		"api_context": p.device.Attr("api_context"), "oauth_client_id": p.client.Attr("id"),
		"url": core.String(fmt.Sprintf("https://app.example.com/callback/%d", i)),
	}
}

// addURLs applies n callback URLs, as many in parallel as Terraform does.
func (r *run) addURLs(ctx context.Context, p *party, n int) {
	r.t.Helper()
	p.urls = make([]*object, n)
	mustAll(r.t, each(n, parallelism, func(i int) (err error) {
		p.urls[i], err = r.create(ctx, "bunq_oauth_callback_url", p.callback(i))
		return err
	}))
}

// all are the resources in the order of the configuration.
func (p *party) all() []*object {
	return append([]*object{p.installation, p.credential, p.device, p.client}, p.urls...)
}

// context is the API context of a party, for tests that call the client directly.
func (p *party) context(t testing.TB) bunq.APIContext {
	t.Helper()
	c := core.Texts(p.device.Attr("api_context"))
	inst, err := bunq.NewInstallation(bunq.Secret(c["installation_token"]), bunq.Secret(c["private_key_pem"]), c["server_public_key_pem"])
	must(t, err)
	return bunq.APIContext{Environment: bunq.Sandbox, APIKey: bunq.Secret(c["api_key"]), Installation: inst}
}

// id returns the number in an attribute.
func (o *object) id(t testing.TB) int64 {
	t.Helper()
	n, err := strconv.ParseInt(o.Text("id"), 10, 64)
	must(t, err)
	return n
}

// refused returns the requests that bunq refused because of a rate limit.
func (b *bank) refused() []bunqsim.Entry {
	return slices.DeleteFunc(b.Journal(), func(e bunqsim.Entry) bool { return e.Status != 429 && e.Status != 409 })
}

// mustBeUnderLimits fails the test for each request that came too early.
func (b *bank) mustBeUnderLimits() {
	b.t.Helper()
	for _, e := range b.refused() {
		b.t.Errorf("%s was refused with %d at %s", e.Call(), e.Status, e.Time.Format(time.StampMilli))
	}
}

// openings returns how often bunq was asked for a session.
func (b *bank) openings() int { return len(b.Calls("POST /session-server")) }

func within(got, want time.Duration, share float64) bool {
	return math.Abs(float64(got-want)) <= share*float64(want)
}

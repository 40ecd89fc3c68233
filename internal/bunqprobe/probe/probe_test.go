package probe_test

import (
	"context"
	cryptorand "crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"flag"
	"fmt"
	"math/big"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunqprobe/probe"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

// keyPool holds the key pairs of all runs, more than any run makes installations: making them is
// what takes longest, and no question looks at them across runs. Each pair of a few primes is a key
// that is good enough here.
var keyPool = sync.OnceValue(func() []*rsa.PrivateKey {
	var primes []*big.Int
	for len(primes) < 14 {
		p, err := cryptorand.Prime(cryptorand.Reader, 1024)
		if err != nil {
			panic(err)
		}
		primes = append(primes, p)
	}

	var keys []*rsa.PrivateKey
	one, e := big.NewInt(1), 65537
	for i, p := range primes {
		for _, q := range primes[:i] {
			phi := new(big.Int).Mul(new(big.Int).Sub(p, one), new(big.Int).Sub(q, one))
			d := new(big.Int).ModInverse(big.NewInt(int64(e)), phi)
			if d == nil {
				continue // a prime in a hundred thousand does not go with e
			}
			key := &rsa.PrivateKey{PublicKey: rsa.PublicKey{N: new(big.Int).Mul(p, q), E: e}, D: d, Primes: []*big.Int{p, q}}
			key.Precompute()
			keys = append(keys, key)
		}
	}
	return keys
})

// serverKeys are small keys for the simulators: nothing here is about their strength, and they sign
// some hundred thousand answers.
var serverKeys = sync.OnceValue(func() []*rsa.PrivateKey {
	var keys []*rsa.PrivateKey
	for range 3 {
		key, err := rsa.GenerateKey(cryptorand.Reader, 1024)
		if err != nil {
			panic(err)
		}
		keys = append(keys, key)
	}
	return keys
})

// pooled hands out the pool's keys in turn, starting at the first for each run.
func pooled() func() (*rsa.PrivateKey, error) {
	pool, n := keyPool(), 0
	return func() (*rsa.PrivateKey, error) {
		n++
		return pool[(n-1)%len(pool)], nil
	}
}

// observed is one run against one simulator.
type observed struct {
	*probe.Report
	sim      *bunqsim.Sim
	progress string
}

// ask runs the probe against a simulator in faked time. prepare may change what is asked, and arm
// faults.
func ask(t *testing.T, config bunqsim.Config, prepare func(*bunqsim.Sim, *probe.Config)) *observed {
	t.Helper()
	return askWithin(t, 1000*time.Hour, config, prepare)
}

// askWithin breaks the run off after a time.
func askWithin(t *testing.T, limit time.Duration, config bunqsim.Config, prepare func(*bunqsim.Sim, *probe.Config)) *observed {
	t.Helper()
	keyPool()
	config.ServerKeys = serverKeys()
	o := &observed{}
	synctest.Test(t, func(t *testing.T) {
		o.sim = bunqsim.NewTest(t, config)
		var progress strings.Builder
		c := probe.Config{BaseURL: "http://127.0.0.1:1/v1", Transport: o.sim.RoundTripper(), Progress: &progress, NewKey: pooled()}
		if prepare != nil {
			prepare(o.sim, &c)
		}
		ctx, cancel := context.WithTimeout(t.Context(), limit)
		defer cancel()
		o.Report = probe.Run(ctx, c)
		o.progress = progress.String()
	})
	return o
}

// settledAs returns what was settled, with the values that they have in JSON.
func (o *observed) settledAs(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, s := range o.Settled {
		out[s.Setting] = asJSON(t, s.Answer)
	}
	return out
}

func (o *observed) reasons() map[string]string {
	out := map[string]string{}
	for _, u := range o.Unsettled {
		out[u.Setting] = u.Reason
	}
	return out
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// drawn returns the value of each setting, as JSON, with the defaults written out.
func drawn(t *testing.T, set bunqsim.Settings) map[string]string {
	t.Helper()
	given := map[string]json.RawMessage{}
	if err := json.Unmarshal([]byte(set.String()), &given); err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, c := range bunqsim.SettingChoices() {
		out[c.Name] = asJSON(t, c.Answers[0])
		if v, ok := given[c.Name]; ok {
			out[c.Name] = string(v)
		}
	}
	return out
}

// invisible returns the settings that cannot be seen where the others are as drawn, each with a
// part of the reason that must be given. It is what the documents say of the settings, and not what
// the probe does.
func invisible(set map[string]string) map[string]string {
	out := map[string]string{}
	if set["ipv6"] == `"refused"` {
		out["ip_text"] = "takes no IPv6"
	}
	if set["first_session_lifetime"] == fmt.Sprint(int64(time.Hour)) {
		out["first_session_lifetime"] = "needs an hour"
	}
	return out
}

// check compares a report with how the simulator was set.
func (o *observed) check(t *testing.T, set bunqsim.Settings) {
	t.Helper()
	want, hidden := drawn(t, set), invisible(drawn(t, set))
	got, reasons := o.settledAs(t), o.reasons()
	for _, s := range o.Surprises {
		t.Errorf("surprise at %s: %s", s.Setting, s.Exchange)
	}
	for name, value := range want {
		if _, ok := probe.Unseen[name]; ok {
			continue
		}
		part, isHidden := hidden[name]
		switch {
		case !isHidden && got[name] != value:
			t.Errorf("%s is %s, found %s %s", name, value, got[name], reasons[name])
		case isHidden && (got[name] != "" || !strings.Contains(reasons[name], part)):
			t.Errorf("%s cannot be seen, found %s, for the reason %q", name, got[name], reasons[name])
		}
	}
	for _, d := range o.Differences {
		t.Errorf("difference %q", d)
	}
	if len(o.Problems) > 0 {
		t.Errorf("problems %q", o.Problems)
	}
}

// limitsHit returns how many requests the simulator refused because of its limits.
func (o *observed) limitsHit() int {
	n := 0
	for _, e := range o.sim.Journal() {
		if e.Status == http.StatusTooManyRequests || e.Status == http.StatusConflict {
			n++
		}
	}
	return n
}

func TestDefaults(t *testing.T) {
	o := ask(t, bunqsim.Config{Limits: bunqsim.LimitsPublished}, nil)
	o.check(t, bunqsim.Settings{})
	if o.Took > 10*time.Minute {
		t.Errorf("a standard run took %s", o.Took)
	}
	t.Logf("%s, %d calls, %d installations", o.Took, o.Calls, len(o.sim.Calls("POST /installation")))
}

var draws = flag.Int("draws", 12, "how many draws of all settings TestRandomSettings makes")

func TestRandomSettings(t *testing.T) {
	for seed := range *draws {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			set := bunqsim.RandomSettings(rand.New(rand.NewPCG(11, uint64(seed))))
			o := ask(t, bunqsim.Config{Limits: bunqsim.LimitsPublished, Settings: set}, nil)
			o.check(t, set)
			if n := o.limitsHit(); n > 2 {
				t.Errorf("%d requests hit a limit", n)
			}
			if o.Took > 20*time.Minute {
				t.Errorf("took %s", o.Took)
			}
			if t.Failed() {
				t.Logf("settings %s\n%s", set, o.progress)
			}
		})
	}
}

// parsed reads settings as the simulator's flag does.
func parsed(t *testing.T, text string) bunqsim.Settings {
	t.Helper()
	var set bunqsim.Settings
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&set); err != nil {
		t.Fatal(err)
	}
	return set
}

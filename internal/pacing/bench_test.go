package pacing_test

import (
	"maps"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest/core"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
	"github.com/openpsd2/terraform-provider-bunq/internal/provider"
)

// BenchmarkRefresh measures what a plan with nothing to do costs in the provider: a process that
// starts, and reads and plans each callback URL of one client, as many at once as Terraform does.
// bunq is in the same process and answers at once, without limits. The goal: 1,000 URLs in less
// than 2 s, with one read of the API.
func BenchmarkRefresh(b *testing.B) {
	for _, n := range []int{100, 1000} {
		b.Run(strconv.Itoa(n)+"URLs", func(b *testing.B) { benchmarkRefresh(b, n) })
	}
}

func benchmarkRefresh(b *testing.B, n int) {
	bank := &bank{t: b, cacheDir: b.TempDir(), Sim: bunqsim.NewTest(b, bunqsim.Config{
		// The session of the first process lasts for the others.
		Settings: bunqsim.Settings{FirstSessionLifetime: 90 * time.Hour},
	})}
	ctx := b.Context()
	start := func() *run { return bank.provider(ctx, nil, provider.WithoutPacing()) }

	r := start()
	p := r.onboard(ctx)
	r.addClient(ctx, p)
	r.addURLs(ctx, p, 1)
	urls := bank.moreURLs(p, n)

	before := len(bank.Journal())
	b.ReportAllocs()
	for b.Loop() {
		r := start()
		mustAll(b, each(n, parallelism, func(i int) error {
			changed, err := r.refresh(ctx, urls[i])
			if err == nil && changed {
				b.Errorf("callback URL %d would be changed", i)
			}
			return err
		}))
	}

	calls := len(bank.Journal()) - before
	b.ReportMetric(float64(calls)/float64(b.N), "calls/op")
	if calls != b.N {
		b.Errorf("%d refreshes called bunq %d times; one read of the client is enough", b.N, calls)
	}
}

// moreURLs makes callback URLs at bunq until there are n, and returns them all as resources of the
// state.
func (b *bank) moreURLs(p *party, n int) []*object {
	b.t.Helper()
	urls := slices.Clone(p.urls)
	like := urls[0]
	for i := len(urls); i < n; i++ {
		args := p.callback(i)
		number, err := b.AddCallbackURL(p.client.id(b.t), textOf(b.t, args["url"]))
		must(b.t, err)

		id := strconv.FormatInt(number, 10)
		members := maps.Clone(core.Members(like.Value)) // it is the object's own
		members["id"], members["url"] = core.String(id), args["url"]
		identity := like.IdentityTexts()
		identity["id"] = id
		urls = append(urls, &object{args: args, Object: core.Object{
			Type: like.Type, Private: like.Private, Identity: core.Identity(identity),
			Value: tftypes.NewValue(like.Value.Type(), members),
		}})
	}
	return urls
}

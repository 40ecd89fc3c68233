package oauthapp

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
)

// fakeClient is an OAuth client's callback URLs as bunq keeps them: each once.
type fakeClient struct {
	mu    sync.Mutex
	urls  map[int64]string
	next  int64
	reads int
	fail  error // of each write
}

var errExists = errors.New("Callback URL already exists") //nolint:staticcheck // bunq's words

func newFakeClient(urls ...string) *fakeClient {
	f := &fakeClient{urls: map[int64]string{}}
	for _, u := range urls {
		f.next++
		f.urls[f.next] = u
	}
	return f
}

func (f *fakeClient) has(url string, but int64) bool {
	for id, u := range f.urls {
		if u == url && id != but {
			return true
		}
	}
	return false
}

func (f *fakeClient) calls() callbackCalls {
	locked := func(do func() error) error {
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.fail != nil {
			return f.fail
		}
		return do()
	}
	return callbackCalls{
		read: func(context.Context) (*bunq.OAuthClient, error) {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.reads++
			c := &bunq.OAuthClient{}
			for id, u := range f.urls {
				c.CallbackURLs = append(c.CallbackURLs, bunq.CallbackURL{ID: id, URL: u})
			}
			return c, nil
		},
		add: func(_ context.Context, url string) (id int64, err error) {
			err = locked(func() error {
				if f.has(url, 0) {
					return errExists
				}
				f.next++
				id = f.next
				f.urls[id] = url
				return nil
			})
			return id, err
		},
		change: func(_ context.Context, id int64, url string) error {
			return locked(func() error {
				if f.has(url, id) {
					return errExists
				}
				f.urls[id] = url
				return nil
			})
		},
		remove: func(_ context.Context, id int64) error {
			return locked(func() error {
				delete(f.urls, id)
				return nil
			})
		},
	}
}

func TestCallbackView_claim(t *testing.T) {
	t.Parallel()
	f := newFakeClient("a", "b")
	v := newCallbackView()
	ctx := t.Context()
	claim := func(url string) (int64, error) { return v.claim(ctx, url, f.calls().read) }

	if id, err := claim("a"); id != 1 || err != nil {
		t.Errorf("a URL that is there: %d, %v", id, err)
	}
	if _, err := claim("a"); !errors.Is(err, errDeclaredTwice) {
		t.Errorf("a second resource with it: %v", err)
	}
	if id, err := claim("new"); id != 0 || err != nil {
		t.Errorf("a new URL: %d, %v", id, err)
	}
	if _, err := claim("new"); !errors.Is(err, errDeclaredTwice) {
		t.Errorf("a second resource with the new one: %v", err)
	}
	v.release("new")
	if _, err := claim("new"); err != nil {
		t.Errorf("after it could not be made: %v", err)
	}
	if f.reads != 1 {
		t.Errorf("%d reads, want one for all", f.reads)
	}
}

// A read that failed says nothing of the client: the next resource asks again.
func TestCallbackView_claimAfterAFailedRead(t *testing.T) {
	t.Parallel()
	v := newCallbackView()
	lost := errors.New("lost")
	if _, err := v.claim(t.Context(), "a", func(context.Context) (*bunq.OAuthClient, error) { return nil, lost }); !errors.Is(err, lost) {
		t.Fatalf("got %v", err)
	}
	if id, err := v.claim(t.Context(), "a", newFakeClient("a").calls().read); id != 1 || err != nil {
		t.Errorf("then: %d, %v", id, err)
	}
}

func TestCallbackView_waitsNoLongerThanItsCaller(t *testing.T) {
	t.Parallel()
	v := newCallbackView()
	leave, err := v.enter(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer leave()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	f := newFakeClient("a")
	if _, err := v.claim(ctx, "a", f.calls().read); !errors.Is(err, context.Canceled) {
		t.Errorf("claim: %v", err)
	}
	if _, _, err := v.move(ctx, 1, "b", f.calls()); !errors.Is(err, context.Canceled) {
		t.Errorf("move: %v", err)
	}
	if err := v.remove(ctx, 1, f.calls()); !errors.Is(err, context.Canceled) {
		t.Errorf("remove: %v", err)
	}
}

// A resource that lost its callback URL and can't have another says so: it must
// not stay in the state beside the one that has it.
func TestCallbackView_moveTellsALoss(t *testing.T) {
	t.Parallel()
	f := newFakeClient("a")
	v := newCallbackView()
	if _, err := v.claim(t.Context(), "a", f.calls().read); err != nil {
		t.Fatal(err)
	}
	f.fail = errors.New("down")
	if _, lost, err := v.move(t.Context(), 1, "b", f.calls()); !lost || err == nil {
		t.Errorf("lost %v, %v", lost, err)
	}
	if f.urls[1] != "a" {
		t.Errorf("the other resource's callback URL was changed to %q", f.urls[1])
	}
}

// Whatever the order in which Terraform applies resources between which URLs
// move, bunq has the new URLs at the end, each in one resource, none was refused
// on the way, and what is declared before and after was never missing.
func TestCallbackView_anyOrderEndsAsDeclared(t *testing.T) {
	t.Parallel()
	for round := range 500 {
		random := rand.New(rand.NewPCG(7, uint64(round)))
		before, after := someURLs(random), someURLs(random)
		f := newFakeClient(before...)
		v := newCallbackView()
		ids := make([]int64, len(after)) // by resource
		var wg sync.WaitGroup
		var mu sync.Mutex
		for _, i := range random.Perm(max(len(before), len(after))) {
			act := func() error { return apply(t.Context(), f, v, before, after, ids, &mu, i) }
			if round%2 == 0 { // in that order
				if err := act(); err != nil {
					t.Fatalf("round %d, resource %d of %q to %q: %v", round, i, before, after, err)
				}
				continue
			}
			wg.Go(func() {
				if err := act(); err != nil {
					t.Errorf("round %d, resource %d of %q to %q: %v", round, i, before, after, err)
				}
			})
		}
		wg.Wait()
		if len(f.urls) != len(after) {
			t.Fatalf("round %d: %q to %q ended with %v", round, before, after, f.urls)
		}
		for i, url := range after {
			if f.urls[ids[i]] != url {
				t.Fatalf("round %d: %q to %q: resource %d is %d, of %v", round, before, after, i, ids[i], f.urls)
			}
		}
	}
}

// apply is what Terraform asks of resource i of a list with count.
func apply(ctx context.Context, f *fakeClient, v *callbackView, before, after []string, ids []int64, mu *sync.Mutex, i int) error {
	var id int64
	var err error
	switch {
	case i >= len(after):
		return v.remove(ctx, int64(i+1), f.calls())
	case i >= len(before):
		if id, err = v.claim(ctx, after[i], f.calls().read); err == nil && id == 0 {
			id, err = f.calls().add(ctx, after[i])
		}
	case before[i] == after[i]:
		id = int64(i + 1) // Terraform asks for nothing
	default:
		id, _, err = v.move(ctx, int64(i+1), after[i], f.calls())
	}
	mu.Lock()
	defer mu.Unlock()
	ids[i] = id
	return err
}

func someURLs(random *rand.Rand) []string {
	all := []string{"a", "b", "c", "d", "e", "f"}
	random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return slices.Clone(all[:random.IntN(len(all)+1)])
}

func TestCallbackView_manyAtOnceShareOneRead(t *testing.T) {
	t.Parallel()
	f := newFakeClient("u7")
	v := newCallbackView()
	var wg sync.WaitGroup
	for i := range 100 {
		wg.Go(func() {
			id, err := v.claim(t.Context(), fmt.Sprintf("u%d", i), f.calls().read)
			if err != nil || (id == 1) != (i == 7) {
				t.Errorf("u%d: %d, %v", i, id, err)
			}
		})
	}
	wg.Wait()
	if f.reads != 1 {
		t.Errorf("%d reads, want one", f.reads)
	}
}

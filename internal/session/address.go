package session

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
)

// address keeps the interval between two openings on this machine, by any process and
// for any API context: bunq counts POST /session-server by IP address (DOCUMENTED).
// Within a process, the rate limits of package bunq keep it.
//
// A file has the time of the last opening. It is written before the request is sent, so
// that it counts even if this process dies, and again when the answer has come: bunq
// counted at some time between the two, so the interval must start at the later one. It
// is restored if the request never reached bunq. The rate limits count from the same
// answer, so an opening that has waited here does not wait there again.
type address struct {
	interval time.Duration
	folder   *folder // nil: this process knows of no other
	file     string
	log      log

	gate *semaphore.Weighted // of this process, as its openings would only poll for the lock of the file
}

func newAddress(baseURL string, interval time.Duration, f *folder, l log) *address {
	sum := sha256.Sum256([]byte("terraform-provider-bunq last opening\x00" + baseURL))
	return &address{
		interval: interval,
		folder:   f,
		file:     hex.EncodeToString(sum[:20]),
		log:      l,
		gate:     semaphore.NewWeighted(1),
	}
}

// waitTurn waits until a session may be opened, and prevents all others on this machine
// from opening one until done is called. The argument of done is whether bunq may have
// got the request. The error is that of ctx.
func (a *address) waitTurn(ctx context.Context) (done func(sent bool), err error) {
	if a.folder == nil {
		return func(bool) {}, nil
	}
	if err := a.gate.Acquire(ctx, 1); err != nil {
		return nil, err
	}
	unlock, err := a.folder.lock(ctx, a.file+".lock")
	if err != nil {
		a.gate.Release(1)
		return nil, err
	}
	release := func() {
		unlock()
		a.gate.Release(1)
	}
	if err := a.wait(ctx); err != nil {
		release()
		return nil, err
	}

	before := a.written()
	a.write(time.Now())
	return func(sent bool) {
		if sent {
			before = time.Now()
		}
		a.write(before)
		release()
	}, nil
}

// wait sleeps for the rest of the interval.
func (a *address) wait(ctx context.Context) error {
	d := a.remainder(time.Now())
	if d <= 0 {
		return ctx.Err()
	}
	if d > longWait {
		a.log.info(ctx, "waiting to open a session", map[string]any{
			"for": "bunq's interval of " + a.interval.String() + " between two sessions from one address", "wait": d.Round(time.Millisecond).String(),
		})
	}

	start := time.Now()
	defer func() { bunq.StatsFrom(ctx).Waited(time.Since(start)) }()
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// remainder returns the rest of the interval. It is never more than the interval, even
// if the clock has been set back since the file was written.
func (a *address) remainder(now time.Time) time.Duration {
	return min(a.written().Add(a.interval).Sub(now), a.interval)
}

// written returns the time of the last opening according to the file; zero if there is
// none.
func (a *address) written() time.Time {
	text, ok := a.folder.read(a.file + openedSuffix)
	if !ok {
		return time.Time{}
	}
	last, err := time.Parse(time.RFC3339Nano, strings.TrimSpace(string(text)))
	if err != nil {
		return time.Time{}
	}
	return last
}

func (a *address) write(last time.Time) {
	a.folder.write(a.file+openedSuffix, []byte(last.UTC().Format(time.RFC3339Nano)+"\n"))
}

const openedSuffix = ".opened"

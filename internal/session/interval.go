package session

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"
)

// interval keeps the time between two openings on this machine, by any process and
// for any API context: bunq counts POST /session-server by IP address (DOCUMENTED).
// Within a process, the rate limits of package bunq keep it.
//
// A file has the time of the last opening. It is written before the request is sent, so
// that it counts even if this process dies, and again when the answer has come: bunq
// counted at some time between the two, so the interval must start at the later one. It
// is restored if the request never reached bunq. The rate limits count from the same
// answer, so an opening that has waited here does not wait there again.
type interval struct {
	length time.Duration
	folder *folder // nil: this process knows of no other
	file   string
}

func newInterval(baseURL string, length time.Duration, f *folder) *interval {
	sum := sha256.Sum256([]byte("terraform-provider-bunq last opening\x00" + baseURL))
	return &interval{length: length, folder: f, file: hex.EncodeToString(sum[:20])}
}

// waitTurn waits until a session may be opened, and prevents all others on this machine
// from opening one until done is called. The argument of done is whether bunq may have
// got the request. The error is that of ctx.
func (i *interval) waitTurn(ctx context.Context) (done func(sent bool), err error) {
	if i.folder == nil {
		return func(bool) {}, nil
	}
	unlock, err := i.folder.lock(ctx, i.file+lockSuffix)
	if err != nil {
		return nil, err
	}
	if err := i.wait(ctx); err != nil {
		unlock()
		return nil, err
	}

	before := i.written(ctx)
	i.write(ctx, time.Now())
	return func(sent bool) {
		if sent {
			before = time.Now()
		}
		i.write(ctx, before)
		unlock()
	}, nil
}

// wait sleeps for the rest of the interval.
func (i *interval) wait(ctx context.Context) error {
	t := time.NewTimer(i.remainder(ctx))
	defer t.Stop()
	select {
	case <-t.C:
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// remainder returns the rest of the interval. It is never more than the interval, even
// if the clock has been set back since the file was written.
func (i *interval) remainder(ctx context.Context) time.Duration {
	return min(time.Until(i.written(ctx).Add(i.length)), i.length)
}

// written returns the time of the last opening according to the file; zero if there is
// none.
func (i *interval) written(ctx context.Context) time.Time {
	text, ok := i.folder.read(ctx, i.file+openedSuffix)
	if !ok {
		return time.Time{}
	}
	last, err := time.Parse(time.RFC3339Nano, strings.TrimSpace(string(text)))
	if err != nil {
		return time.Time{}
	}
	return last
}

func (i *interval) write(ctx context.Context, last time.Time) {
	i.folder.write(ctx, i.file+openedSuffix, []byte(last.UTC().Format(time.RFC3339Nano)+"\n"))
}

const openedSuffix = ".opened"

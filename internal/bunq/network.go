package bunq

import (
	"sync"
	"time"
)

const (
	// connectPatience is how long a run goes on trying to get a connection. With an
	// answer that was lost before, and with the last attempt, that makes less than a minute.
	connectPatience = 20 * time.Second
	// maxConnectPause keeps several attempts within the patience.
	maxConnectPause = 5 * time.Second
	// probeInterval is how often the network is tried again after that.
	probeInterval = 10 * time.Second
)

// network is what the attempts of a run, whatever they are for, have learnt about
// the way to bunq: where one of them has found out that there is none, the others
// need not find it out again one by one.
type network struct {
	mu     sync.Mutex
	since  time.Time // begin of the first attempt that got no connection; zero while there are some
	gaveUp bool      // only now and then an attempt is worth its time
	tried  time.Time // begin of the last attempt, or its end where it failed
	cause  error
}

// try begins an attempt. Where the run has given up, and it is too early to try
// again, the error is the reason why there is no connection.
func (n *network) try() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	now := time.Now()
	if n.gaveUp && now.Sub(n.tried) < probeInterval {
		return n.cause
	}
	n.tried = now
	return nil
}

// connected notes that an attempt reached bunq, whatever came of it.
func (n *network) connected() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.since, n.gaveUp = time.Time{}, false
}

// failed notes that an attempt which began then got no connection.
func (n *network) failed(begun time.Time, cause error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.since.IsZero() {
		n.since = begun
	}
	n.tried, n.cause = time.Now(), cause
	n.gaveUp = n.gaveUp || time.Since(n.since) >= connectPatience
}

// patient reports whether another attempt after a pause of d is worth its time, and
// gives up for all calls of the run where it is not.
func (n *network) patient(d time.Duration) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.since.IsZero() && time.Since(n.since)+d >= connectPatience {
		n.gaveUp = true
	}
	return !n.gaveUp
}

package bunq

import (
	"sync"
	"time"
)

const (
	// connectPatience is how long a run tries to get a connection. Together with an
	// answer that was lost before, and with the last attempt, it is less than a minute.
	connectPatience = 20 * time.Second
	// maxConnectPause keeps several attempts within the patience.
	maxConnectPause = 5 * time.Second
	// probeInterval is how often the network is tried again after that.
	probeInterval = 10 * time.Second
)

// network is what all attempts of a run know about the connection to bunq: if some
// of them found that there is none, the others need not find out one by one.
type network struct {
	mu     sync.Mutex
	since  time.Time // begin of the first attempt that got no connection; zero while there are some
	gaveUp bool      // an attempt is made only every probeInterval
	tried  time.Time // begin of the last attempt, or its end where it failed
	cause  error
}

// try begins an attempt. If the run has given up and it is too early to try again,
// it returns the reason why there is no connection.
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

// connected notes that an attempt reached bunq, whatever the answer.
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

// patient reports whether there is time for another attempt after a pause of d, and
// gives up for all calls of the run if there is not.
func (n *network) patient(d time.Duration) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.since.IsZero() && time.Since(n.since)+d >= connectPatience {
		n.gaveUp = true
	}
	return !n.gaveUp
}

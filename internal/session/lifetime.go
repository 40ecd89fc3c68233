package session

import (
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
)

// margin is the time before its announced end in which a session is no longer used, so
// that it does not end during a call. For short sessions it is a tenth of their time.
const margin = 5 * time.Minute

// shortest is how long a session is used at least, whatever its announced lifetime, unless
// bunq refuses it: another one costs half of that.
const shortest = time.Minute

// entry is a session with the time at which this machine opened it.
type entry struct {
	session bunq.Session
	opened  time.Time
}

// usable reports whether the session is within its announced lifetime, counted from when
// this machine opened it: bunq's clock may be another, and then a session would seem to end
// when it begins, and each call would open one. If bunq ends it earlier (DOCUMENTED: the
// first one of a credential after an hour, though no field says so), the next call is
// refused, and Replace is called.
func (e entry) usable(now time.Time) bool {
	if e.session.Token == "" {
		return false
	}
	if e.session.Timeout <= 0 {
		return true // no lifetime announced: it is used until bunq refuses it
	}
	lifetime := max(e.session.Timeout-min(margin, e.session.Timeout/10), shortest)
	return now.Before(e.opened.Add(lifetime))
}

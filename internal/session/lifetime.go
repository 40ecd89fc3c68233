package session

import (
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
)

// margin is how long before its announced end a session is no longer handed
// out, so that none ends under a call; short-lived ones give up a tenth.
const margin = 5 * time.Minute

// entry is a session with the moment at which this machine asked for it.
type entry struct {
	session bunq.Session
	opened  time.Time
}

// usable reports whether the session is within its announced lifetime. It counts
// from bunq's time and from ours and takes what ends first, for the clocks may
// differ. That bunq may end a session earlier (DOCUMENTED: the first one of a
// credential after an hour, though no field says so) shows at the first call, and
// is dealt with by Replace.
func (e entry) usable(now time.Time) bool {
	if e.session.Token == "" {
		return false
	}
	if e.session.Timeout <= 0 {
		return true // nothing announced: until it is refused
	}
	begin := e.session.Created
	if e.opened.Before(begin) {
		begin = e.opened
	}
	lifetime := e.session.Timeout - min(margin, e.session.Timeout/10)
	return now.Before(begin.Add(lifetime))
}

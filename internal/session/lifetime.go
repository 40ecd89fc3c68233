package session

import (
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
)

// margin is the time before its announced end in which a session is no longer used, so
// that it does not end during a call. For short sessions it is a tenth of their time.
const margin = 5 * time.Minute

// entry is a session with the time at which this machine opened it.
type entry struct {
	session bunq.Session
	opened  time.Time
}

// usable reports whether the session is within its announced lifetime. The lifetime is
// counted from bunq's time and from ours, as the clocks may differ; the earlier end
// counts. If bunq ends a session earlier (DOCUMENTED: the first one of a credential
// after an hour, though no field says so), the next call is refused, and Replace is
// called.
func (e entry) usable(now time.Time) bool {
	if e.session.Token == "" {
		return false
	}
	if e.session.Timeout <= 0 {
		return true // no lifetime announced: it is used until bunq refuses it
	}
	begin := e.session.Created
	if e.opened.Before(begin) {
		begin = e.opened
	}
	lifetime := e.session.Timeout - min(margin, e.session.Timeout/10)
	return now.Before(begin.Add(lifetime))
}

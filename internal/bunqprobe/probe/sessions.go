package probe

import (
	"context"
	"net/http"
)

// base is the user that most questions ask with.
func (r *run) base(ctx context.Context) (*party, error) {
	p, err := r.party(ctx, "base")
	if err != nil {
		return nil, err
	}
	return p, r.openSession(ctx, p)
}

// open returns the user of a name with a session.
func (r *run) open(ctx context.Context, name string) (*party, error) {
	p, err := r.party(ctx, name)
	if err != nil {
		return nil, err
	}
	return p, r.openSession(ctx, p)
}

// postSession asks for a session, and stores it where it is given.
func (r *run) postSession(ctx context.Context, p *party) (*exchange, error) {
	x, err := r.withToken(ctx, p.inst, call{method: http.MethodPost, path: "/session-server", sign: p.inst.key,
		content: map[string]string{"secret": p.key}})
	if err != nil || x.status != http.StatusOK {
		return x, err
	}
	token, err := x.object("Token", "id", "token", "created")
	if err != nil {
		return x, err
	}
	user, err := x.object("UserPaymentServiceProvider", "id", "session_timeout")
	if err != nil {
		return x, err
	}
	created, ok := parseTime(token.text("created"))
	if !ok || token.text("token") == "" || user.id() <= 0 {
		return x, unforeseen(x, "token, time or user are not of the known form")
	}

	r.redact.learn(token.text("token"))
	r.noteClock(x, token.text("created"))
	p.session, p.user = &session{token: token.text("token"), created: created, x: x}, user.id()
	p.opened++
	return x, nil
}

// openSession gives the party a session if it has none. Where bunq allows one only, those that
// others have end first.
func (r *run) openSession(ctx context.Context, p *party) error {
	if p.session != nil {
		return nil
	}
	x, err := r.trySession(ctx, p)
	if err != nil {
		return err
	}
	if p.session == nil {
		return unforeseen(x, "no session is opened with a key that was just registered")
	}
	return nil
}

// trySession asks for a session until bunq has said something of the key itself.
func (r *run) trySession(ctx context.Context, p *party) (*exchange, error) {
	x, err := r.postSession(ctx, p)
	if err != nil || !x.says(http.StatusBadRequest, textSession) {
		return x, err
	}
	for _, o := range r.parties {
		if o.inst == p.inst && o.session != nil {
			r.endSession(ctx, o)
		}
	}
	return r.postSession(ctx, p)
}

// endSession deletes the party's session; one that has ended already is as good.
func (r *run) endSession(ctx context.Context, p *party) {
	if p.session == nil {
		return
	}
	_, _ = r.client.send(ctx, call{method: http.MethodDelete, path: "/session/0", token: p.session.token, serverKey: p.inst.serverKey})
	p.session.ended = true
	p.session = nil
}

// withSession sends a call with the party's session. A session that has ended in between is
// replaced by a new one; an answer of 401 or 403 is returned only where the session is seen to
// live.
func (r *run) withSession(ctx context.Context, p *party, k call) (*exchange, error) {
	for try := 0; ; try++ {
		if err := r.openSession(ctx, p); err != nil {
			return nil, err
		}
		k.token, k.serverKey = p.session.token, p.inst.serverKey
		x, err := r.client.send(ctx, k)
		if err != nil || x.status != http.StatusUnauthorized && x.status != http.StatusForbidden {
			return x, err
		}

		alive, _, err := r.alive(ctx, p)
		if err != nil {
			return nil, err
		}
		if alive {
			return x, nil
		}
		p.session = nil
		if err := r.mustKnow(ctx, p.inst); err != nil {
			return nil, err
		}
		if try == 2 {
			return nil, unforeseen(x, "session after session ends before it can be used")
		}
	}
}

// alive uses the party's session, and reports whether it is still taken.
func (r *run) alive(ctx context.Context, p *party) (bool, *exchange, error) {
	x, err := r.client.send(ctx, call{method: http.MethodGet, path: "/user", token: p.session.token, serverKey: p.inst.serverKey})
	switch {
	case err != nil:
		return false, nil, err
	case p.session.ended:
		return false, nil, &unsettled{"the probe had to end the session itself, to open another"}
	case x.ok():
		return true, x, nil
	case x.dead():
		return false, x, nil
	default:
		return false, nil, other(x)
	}
}

// dead reports whether the answer refuses a session that has ended: both forms were seen.
func (x *exchange) dead() bool {
	return x.says(http.StatusUnauthorized, textAuthorisation) || x.says(http.StatusForbidden, textAuthentication)
}

// get, post, put and remove send a call with the party's session.
func (r *run) get(ctx context.Context, p *party, path string) (*exchange, error) {
	return r.withSession(ctx, p, call{method: http.MethodGet, path: path})
}

func (r *run) post(ctx context.Context, p *party, path string, body any) (*exchange, error) {
	return r.withSession(ctx, p, call{method: http.MethodPost, path: path, content: body})
}

func (r *run) put(ctx context.Context, p *party, path string, body any) (*exchange, error) {
	return r.withSession(ctx, p, call{method: http.MethodPut, path: path, content: body})
}

func (r *run) remove(ctx context.Context, p *party, path string) (*exchange, error) {
	return r.withSession(ctx, p, call{method: http.MethodDelete, path: path})
}

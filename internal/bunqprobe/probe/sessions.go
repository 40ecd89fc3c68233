package probe

import (
	"context"
	"net/http"
)

// base is the user that most questions ask with.
func (r *run) base(ctx context.Context) *party { return r.open(ctx, "base") }

// open returns the user of a name with a session.
func (r *run) open(ctx context.Context, name string) *party {
	p := r.party(ctx, name)
	r.openSession(ctx, p)
	return p
}

// postSession asks for a session, and stores it where it is given.
func (r *run) postSession(ctx context.Context, p *party) *exchange {
	x := r.withToken(ctx, p.inst, call{method: http.MethodPost, path: "/session-server", sign: p.inst.key,
		content: map[string]string{"secret": p.key}})
	if x.status != http.StatusOK {
		return x
	}
	token, user := x.object("Token", "id", "token", "created"), x.object("UserPaymentServiceProvider", "id", "session_timeout")
	created, ok := parseTime(token.text("created"))
	if !ok || token.text("token") == "" || user.id() <= 0 {
		fail(unforeseen(x, "token, time or user are not of the known form"))
	}

	r.redact.learn(token.text("token"))
	r.noteClock(x, token.text("created"))
	p.session, p.user = &session{token: token.text("token"), created: created, x: x}, user.id()
	p.opened++
	return x
}

// openSession gives the party a session if it has none.
func (r *run) openSession(ctx context.Context, p *party) {
	if p.session != nil {
		return
	}
	if x := r.postSession(ctx, p); p.session == nil {
		fail(unforeseen(x, "no session is opened with a key that was just registered"))
	}
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
func (r *run) withSession(ctx context.Context, p *party, k call) *exchange {
	for try := 0; ; try++ {
		r.openSession(ctx, p)
		k.token, k.serverKey = p.session.token, p.inst.serverKey
		x := r.send(ctx, k)
		if x.status != http.StatusUnauthorized && x.status != http.StatusForbidden {
			return x
		}
		if alive, _ := r.alive(ctx, p); alive {
			return x
		}
		p.session = nil
		r.mustKnow(ctx, p.inst)
		if try == 2 {
			fail(unforeseen(x, "session after session ends before it can be used"))
		}
	}
}

// alive uses the party's session, and reports whether it is still taken.
func (r *run) alive(ctx context.Context, p *party) (bool, *exchange) {
	x := r.send(ctx, call{method: http.MethodGet, path: "/user", token: p.session.token, serverKey: p.inst.serverKey})
	switch {
	case p.session.ended:
		fail(&unsettled{"the probe had to end the session itself, to open another"})
	case !x.ok() && !x.dead():
		fail(other(x))
	}
	return x.ok(), x
}

// dead reports whether the answer refuses a session that has ended: both forms were seen.
func (x *exchange) dead() bool {
	return x.says(http.StatusUnauthorized, textAuthorisation) || x.says(http.StatusForbidden, textAuthentication)
}

// get, post, put and remove send a call with the party's session.
func (r *run) get(ctx context.Context, p *party, path string) *exchange {
	return r.withSession(ctx, p, call{method: http.MethodGet, path: path})
}

func (r *run) post(ctx context.Context, p *party, path string, body any) *exchange {
	return r.withSession(ctx, p, call{method: http.MethodPost, path: path, content: body})
}

func (r *run) put(ctx context.Context, p *party, path string, body any) *exchange {
	return r.withSession(ctx, p, call{method: http.MethodPut, path: path, content: body})
}

func (r *run) remove(ctx context.Context, p *party, path string) *exchange {
	return r.withSession(ctx, p, call{method: http.MethodDelete, path: path})
}

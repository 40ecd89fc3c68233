package probe

import (
	"context"
	"fmt"
	"net/http"
)

func sessionQuestions() []question {
	return []question{
		{setting: "parallel_sessions", answers: []any{accepted, refused}, refusal: refused,
			leaves: "nothing", sessions: 2, ask: askParallel},
		{setting: "dead_session_status", answers: []any{http.StatusUnauthorized, http.StatusForbidden},
			leaves: "nothing", sessions: 1, ask: askDeadSession},
		{setting: "unknown_token_status", answers: []any{http.StatusForbidden, http.StatusUnauthorized},
			leaves: "nothing", ask: askUnknownToken},
		{setting: "foreign_user_status", answers: []any{http.StatusNotFound, http.StatusForbidden},
			leaves: "a second user, its key, a device", sessions: 1, ask: askForeignUser},
		{setting: "token_errors", answers: []any{"rfc6749", "invalid-grant"},
			leaves: "nothing", ask: askTokenErrors},
	}
}

// askParallel opens a session while another of the key lives. The other may end by itself
// meanwhile, as bunq takes one each 30 s only; then the new one is the other of the next try.
func askParallel(ctx context.Context, r *run) (*finding, error) {
	p, err := r.base(ctx)
	if err != nil {
		return nil, err
	}
	var x *exchange
	for range 3 {
		if err := r.openSession(ctx, p); err != nil {
			return nil, err
		}
		before := p.session
		if x, err = r.postSession(ctx, p); err != nil {
			return nil, err
		}
		if x.says(http.StatusBadRequest, textSession) {
			return settled(refused, x)
		}
		if !x.ok() {
			return nil, other(x)
		}
		after := p.session
		p.session = before
		alive, _, err := r.alive(ctx, p)
		if err != nil {
			return nil, err
		}
		if alive {
			r.endSession(ctx, p)
			p.session = after
			return settled(accepted, x)
		}
		p.session = after
	}
	return nil, unforeseen(x, "each session ends the one before it, or ends within 30 s")
}

// askDeadSession deletes a session and uses its token.
func askDeadSession(ctx context.Context, r *run) (*finding, error) {
	p, err := r.base(ctx)
	if err != nil {
		return nil, err
	}
	deleted, err := r.remove(ctx, p, "/session/0")
	if err != nil {
		return nil, err
	}
	if !deleted.ok() {
		return nil, other(deleted)
	}
	token := p.session.token
	p.session = nil
	x, err := r.client.send(ctx, call{method: http.MethodGet, path: "/user", token: token, serverKey: p.inst.serverKey})
	if err != nil {
		return nil, err
	}
	// A sandbox that was reset in between has other reasons for its refusal.
	if err := r.mustKnow(ctx, p.inst); err != nil {
		return nil, err
	}
	if x.dead() {
		return settled(x.status, x)
	}
	return nil, other(x)
}

func askUnknownToken(ctx context.Context, r *run) (*finding, error) {
	x, err := r.client.send(ctx, call{method: http.MethodGet, path: "/user", token: drawHex(32)})
	if err != nil {
		return nil, err
	}
	if x.dead() {
		return settled(x.status, x)
	}
	return nil, other(x)
}

func askForeignUser(ctx context.Context, r *run) (*finding, error) {
	p, err := r.base(ctx)
	if err != nil {
		return nil, err
	}
	foreign, err := r.open(ctx, "second")
	if err != nil {
		return nil, err
	}
	x, err := r.get(ctx, p, fmt.Sprintf("/user/%d", foreign.user))
	if err != nil {
		return nil, err
	}
	switch {
	case x.says(http.StatusNotFound, textNotFound("User", foreign.user)):
		return settled(http.StatusNotFound, x)
	case x.says(http.StatusForbidden, textAuthentication):
		return settled(http.StatusForbidden, x)
	default:
		return nil, other(x)
	}
}

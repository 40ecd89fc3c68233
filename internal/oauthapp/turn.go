package oauthapp

import "context"

// turn is a lock whose wait ends with a context. Make one with newTurn.
type turn chan struct{}

func newTurn() turn { return make(turn, 1) }

// wait takes the turn and returns the function that ends it, or the error of ctx.
func (t turn) wait(ctx context.Context) (end func(), err error) {
	select {
	case t <- struct{}{}:
		return t.end, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// take takes the turn, however long that takes, and returns the function that ends it.
func (t turn) take() (end func()) {
	t <- struct{}{}
	return t.end
}

func (t turn) end() { <-t }

package session

import (
	"context"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
)

// longWait is the threshold for logging a wait at INFO.
const longWait = 2 * time.Second

// log writes to a logger that may be nil.
type log struct {
	to bunq.Logger
}

func (l log) info(ctx context.Context, msg string, fields map[string]any) {
	if l.to != nil {
		l.to.Info(ctx, msg, fields)
	}
}

func (l log) debug(ctx context.Context, msg string, fields map[string]any) {
	if l.to != nil {
		l.to.Debug(ctx, msg, fields)
	}
}

// waiting logs before or during a wait what it is for. d is its length if that is known,
// else how long it has lasted.
func (l log) waiting(ctx context.Context, what string, key string, d time.Duration) {
	l.info(ctx, "waiting to open a session", map[string]any{
		"for": what,
		key:   d.Round(time.Millisecond).String(),
	})
}

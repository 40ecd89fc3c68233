package onboarding

import (
	"context"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/session"
)

// noteRefused names the note, kept encrypted with the session, that bunq refused a key that waits
// for its first use or that had just been registered. bunq opens one session in 30 seconds, so each
// of the runs that follow would wait for the same answer.
const noteRefused = "key-refused"

// refusalLasts is how long the same answer is expected. It is short, because the machine may move
// and somebody else may register the key.
const refusalLasts = 2 * time.Minute

func noteRefusal(ctx context.Context, notes *session.Source, now time.Time) {
	notes.Note(ctx, noteRefused, now.UTC().Format(time.RFC3339))
}

// refusedLately reports whether bunq refused the key a moment ago, and nothing was registered with
// it since.
func refusedLately(ctx context.Context, notes *session.Source, now time.Time) bool {
	text, ok := notes.Noted(ctx, noteRefused)
	if !ok {
		return false
	}
	at, err := time.Parse(time.RFC3339, text)
	return err == nil && !now.Before(at) && now.Sub(at) < refusalLasts
}

package probe

import (
	"context"
	"net/http"
	"slices"
	"time"
)

// question asks for one setting.
type question struct {
	setting string
	// answers are those that the setting can have; of an open setting examples.
	answers []any
	open    bool
	// refusal is the answer that a refusal in other words than those known would stand for; nil: none.
	refusal any
	// leaves says what stays at bunq.
	leaves string
	// sessions is how many sessions it opens, of which bunq allows one in 30 s; takes is what it
	// takes beyond.
	sessions int
	takes    time.Duration

	// ask returns the answer. What keeps it from one it hands to fail.
	ask func(ctx context.Context, r *run) *finding
}

// Answers of settings that several questions have.
const (
	refused  = "refused"
	accepted = "accepted"
	ignored  = "ignored"
	existing = "existing"
)

const hours = "needs hours of waiting, and whatever the answer, a client opens a new session"

// Unseen are the settings that nobody can find out by asking a sandbox, with the reason.
var Unseen = map[string]string{
	"session_lifetime":       hours,
	"session_extension":      hours,
	"brake_after_wrong_keys": "needs wrong keys, which a bank should not be sent to try",
	"setup_calls_per_day":    "needs the limits of bunq's newer page to hold, and a day without the probe",
}

// questions returns all questions, in the order they are asked: those that end what others use come
// last.
func questions() []question {
	return slices.Concat(
		installationQuestions(),
		credentialQuestions(),
		deviceQuestions(),
		addressQuestions(),
		sessionQuestions(),
		clientQuestions(),
		callbackQuestions(),
		filterQuestions(),
		limitQuestions(),
	)
}

// Setting is what is known of a question without asking it.
type Setting struct {
	Name    string
	Answers []any
	// Open settings take other answers than these, too.
	Open   bool
	Leaves string
}

// Settings lists the questions.
func Settings() []Setting {
	var out []Setting
	for _, q := range questions() {
		out = append(out, Setting{q.setting, q.answers, q.open, q.leaves})
	}
	return out
}

// taken settles whether a call was refused with a text that is known, or accepted and answered with
// an id, which it returns.
func taken(x *exchange, refusal string) (*finding, int64) {
	if x.says(http.StatusBadRequest, refusal) {
		return settled(refused, x), 0
	}
	if x.status != http.StatusOK {
		fail(other(x))
	}
	return settled(accepted, x), x.id()
}

// farTooLong is more than any text field is thought to take.
const farTooLong = 1 << 14

// longest returns the most characters that a field takes. It tries guess first, which is right more
// often than not.
func longest(field string, guess int, send func(n int) *exchange) *finding {
	take := func(n int) (bool, *exchange) {
		x := send(n)
		f, _ := taken(x, textInvalidValue(field))
		return f.answer == accepted, x
	}
	ok, x := take(farTooLong)
	if ok {
		fail(unforeseen(x, "a text of 16384 characters is taken"))
	}
	low, high := 0, farTooLong // taken, and not taken
	lowX, highX := x, x
	for next := guess; high-low > 1; {
		if ok, x := take(next); ok {
			low, lowX = next, x
		} else {
			high, highX = next, x
		}
		if next == guess && low == guess {
			next = guess + 1
		} else {
			next = low + (high-low)/2
		}
	}
	return settled(low, lowX, highX)
}

package probe

import (
	"context"
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
	// long questions are answered by waiting, for hours, with -long.
	long string

	ask func(ctx context.Context, r *run) (*finding, error)
}

const consent = "needs a person who consents on bunq's page with the bunq app"

// Unseen are the settings that nobody can find out by asking a sandbox, with the reason.
var Unseen = map[string]string{
	"leaf_in_chain": "needs production: the sandbox takes the certificate itself as its chain",

	"code_lifetime":               consent,
	"used_code":                   consent,
	"access_token_without_device": consent,
	"consent_notifications":       consent,

	"recent_limits_for": "needs the limits of bunq's newer page to hold, and more calls than a bank should be sent to try",
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
		oauthQuestions(),
		cancelledQuestions(),
		callbackQuestions(),
		filterQuestions(),
		limitQuestions(),
		lifetimeQuestions(),
		headerQuestions(),
	)
}

// Setting is what is known of a question without asking it.
type Setting struct {
	Name    string
	Answers []any
	// Open settings take other answers than these, too.
	Open   bool
	Leaves string
	// Long says why a standard run does not settle it; "": it does.
	Long string
}

// Settings lists the questions.
func Settings() []Setting {
	var out []Setting
	for _, q := range questions() {
		out = append(out, Setting{q.setting, q.answers, q.open, q.leaves, q.long})
	}
	return out
}

package probe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Settled is a setting whose answer was seen.
type Settled struct {
	Setting string
	// Answer is of the type that the setting has in JSON; a duration counts nanoseconds there.
	Answer any
	How    string
	Shown  []string
}

// Unsettled is a setting whose answer was not seen.
type Unsettled struct{ Setting, Reason string }

// Surprise is an answer that no choice of a setting foresees.
type Surprise struct {
	Setting  string `json:"setting"`
	Exchange string `json:"exchange"`
	What     string `json:"-"`
	// Closest is the answer that this may be in other words; nil: none.
	Closest any `json:"-"`
}

// Report is what a run found out. It holds no secrets.
type Report struct {
	BaseURL     string
	Started     time.Time
	Took        time.Duration
	Waited      time.Duration
	Calls       int
	Interrupted bool

	Settled     []Settled
	Unsettled   []Unsettled
	Surprises   []Surprise
	Problems    []string
	Differences []string
	Limits      []string
	Clock       string
}

func (r *run) report(interrupted bool) *Report {
	out := &Report{
		BaseURL: r.BaseURL, Started: r.started, Took: r.clock.Now().Sub(r.started), Waited: r.client.pace.waited(), Calls: r.client.calls,
		Interrupted: interrupted, Problems: r.each(r.problems), Differences: r.each(r.shapes.differences()),
		Limits: r.each(r.limitsSeen()), Clock: r.clockText(),
	}
	for _, q := range r.questions {
		o := r.outcomes[q.setting]
		if o.finding != nil {
			s := Settled{Setting: q.setting, Answer: o.finding.answer, How: r.redact.text(o.finding.how)}
			for _, x := range o.finding.shown {
				if x != nil {
					s.Shown = append(s.Shown, r.redact.text(x.brief(r.redact)))
				}
			}
			out.Settled = append(out.Settled, s)
			continue
		}
		var s *surprise
		if !errors.As(o.err, &s) {
			out.Unsettled = append(out.Unsettled, Unsettled{q.setting, r.redact.text(reasonOf(o.err))})
			continue
		}
		found := Surprise{Setting: q.setting, What: r.redact.text(s.what), Exchange: r.redact.text("# " + s.what + "\n" + s.x.text(r.redact))}
		if s.x.status >= 400 && s.x.status < 500 {
			found.Closest = q.refusal
		}
		out.Surprises = append(out.Surprises, found)
	}
	return out
}

func reasonOf(err error) string {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return "the run was interrupted in the middle of it"
	}
	return err.Error()
}

func (r *run) oneLine(o *outcome) string {
	var s *surprise
	switch {
	case o.finding != nil:
		return "settled: " + showAnswer(o.finding.answer)
	case errors.As(o.err, &s):
		return "surprise: " + s.what
	default:
		return "not settled: " + reasonOf(o.err)
	}
}

func showAnswer(a any) string { return fmt.Sprint(a) }

func (r *run) each(texts []string) []string {
	var out []string
	for _, t := range texts {
		out = append(out, r.redact.text(t))
	}
	return out
}

func (p *pace) waited() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.slept
}

func (r *run) limitsSeen() []string {
	var out []string
	if b := r.burst; b != nil && b.hit != nil {
		out = append(out, fmt.Sprintf("hit on purpose: %s", b.hit.brief(r.redact)))
	}
	if b := r.burst; b != nil && b.hit == nil {
		out = append(out, fmt.Sprintf("%d GETs in a row met no limit", b.sent))
	}
	for _, u := range r.client.unannounced {
		out = append(out, "hit without having been looked for: "+u)
	}
	return append(out, r.client.pace.held()...)
}

func (r *run) clockText() string {
	if len(r.clockDiff) == 0 {
		return "not seen"
	}
	low, high := r.clockRange()
	return fmt.Sprintf("bunq's clock is between %s and %s before this machine's", low.Round(time.Millisecond), high.Round(time.Millisecond))
}

// SettingsJSON returns the object for the simulator's flag -settings, with everything that was settled.
func (r *Report) SettingsJSON() string {
	b, err := json.Marshal(r.answers())
	if err != nil {
		return "{}" // strings and numbers only
	}
	return string(b)
}

func (r *Report) answers() map[string]any {
	out := map[string]any{}
	for _, s := range r.Settled {
		out[s.Setting] = s.Answer
	}
	return out
}

// JSON returns the report for programs.
func (r *Report) JSON() ([]byte, error) {
	unsettled := map[string]string{}
	for _, u := range r.Unsettled {
		unsettled[u.Setting] = u.Reason
	}
	surprises := r.Surprises
	if surprises == nil {
		surprises = []Surprise{} // an empty list, not null
	}
	return json.MarshalIndent(struct {
		Settled   map[string]any    `json:"settled"`
		Unsettled map[string]string `json:"unsettled"`
		Surprises []Surprise        `json:"surprises"`
	}{r.answers(), unsettled, surprises}, "", "  ")
}

// Markdown returns the report for people, to paste into an issue.
func (r *Report) Markdown() string {
	var b strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	p("# What bunq answered\n")
	p("Asked `%s` from %s UTC, for %s: %d calls, and %s of waiting for limits and for sessions to age.", r.BaseURL, r.Started.UTC().Format(time.DateTime),
		r.Took.Round(time.Second), r.Calls, r.Waited.Round(time.Second))
	p("%d settled, %d not settled, %d surprises.", len(r.Settled), len(r.Unsettled), len(r.Surprises))
	if r.Interrupted {
		p("\nThe run was interrupted; this is what it has until then.")
	}
	list(p, "What stood in the way", r.Problems, "")

	p("\n## Settled\n")
	for _, s := range r.Settled {
		p("- **%s**: `%s`%s", s.Setting, showAnswer(s.Answer), brackets(s.How))
		for _, x := range s.Shown {
			p("  - %s", code(x))
		}
	}
	p("\n## Not settled\n")
	for _, u := range r.Unsettled {
		p("- **%s**: %s", u.Setting, u.Reason)
	}
	p("\n## Surprises\n")
	for _, s := range r.Surprises {
		p("### %s\n", s.Setting)
		p("%s.%s\n", strings.TrimSuffix(s.What, "."), closest(s.Closest))
		p("~~~\n%s~~~\n", strings.ReplaceAll(s.Exchange, "~~~", "~ ~ ~"))
	}

	var unseen []string
	for _, name := range slices.Sorted(maps.Keys(Unseen)) {
		unseen = append(unseen, "**"+name+"**: "+Unseen[name])
	}
	list(p, "Cannot be seen from outside", unseen, "")
	list(p, "Where answers differ from what provider and simulator believe", r.Differences, "Nowhere.")
	p("\n## Clock\n\n%s.", r.Clock)
	list(p, "Limits", r.Limits, "")
	p("\n## A simulator that behaves like this\n")
	p("    go run ./internal/bunqsim/cmd/bunqsim -settings '%s'", r.SettingsJSON())
	return b.String()
}

func list(p func(string, ...any), title string, lines []string, none string) {
	if len(lines) == 0 && none == "" {
		return
	}
	p("\n## %s\n", title)
	for _, l := range lines {
		p("- %s", l)
	}
	if len(lines) == 0 {
		p("%s", none)
	}
}

func brackets(s string) string {
	if s == "" {
		return ""
	}
	return " (" + s + ")"
}

func closest(a any) string {
	if a == nil {
		return ""
	}
	return fmt.Sprintf(" It is a refusal in other words than those known: a person has to decide whether it means `%v`.", a)
}

// code marks a text as code, whatever it holds.
func code(s string) string {
	if strings.Contains(s, "`") {
		return "`` " + s + " ``"
	}
	return "`" + s + "`"
}

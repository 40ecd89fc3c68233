package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

type config struct {
	base, cli, dir, witness string
	// settle is how long the witness waits before it opens a session.
	settle   time.Duration
	progress io.Writer
}

// journey is one way through the life of a configuration.
type journey struct {
	config
	vars    []string // given to each command that plans
	context string   // file of the API context, for imports
	state   []byte   // as it stood before the destroy, for the witness
}

// step is one of its stages; do returns what went otherwise than it should.
type step struct {
	name, what string
	do         func(ctx context.Context, j *journey, s *stage) error
}

// stage is the result of a step.
type stage struct {
	step
	account
	took   time.Duration
	notes  []string
	err    error
	output string // of the command that failed
}

var changedURLs = []string{
	"https://app.example.com/bunq/callback", "https://staging.example.com/bunq/callback", "https://localhost:8443/bunq/callback",
}

func steps() []step {
	return []step{
		{"apply", "from nothing to an OAuth client with two callback URLs", func(ctx context.Context, j *journey, s *stage) error {
			return j.apply(ctx, s, 7)
		}},
		{"empty plan", "a second plan has nothing to do", emptyPlan},
		{"change", "a third callback URL, and nothing else", func(ctx context.Context, j *journey, s *stage) error {
			j.vars = append(j.vars, "-var", `callback_urls=["`+strings.Join(changedURLs, `","`)+`"]`)
			return j.apply(ctx, s, 1)
		}},
		{"protect", "a plan that would destroy the protected client fails", func(ctx context.Context, j *journey, s *stage) error {
			r := j.run(ctx, s, append([]string{"plan", "-destroy", "-no-color", "-input=false"}, j.vars...)...)
			if r.err != nil {
				return r.err
			}
			if r.status == 0 || !strings.Contains(r.output, "deletion_protection") {
				return s.failed(r, "the plan should have been refused, and named deletion_protection")
			}
			return nil
		}},
		{"import", "all that bunq holds is taken over into an empty state", importAll},
		{"unprotect", "the protection is lifted, without a change at bunq", func(ctx context.Context, j *journey, s *stage) error {
			j.vars = append(j.vars, "-var", "deletion_protection=false")
			if err := j.apply(ctx, s, 0); err != nil {
				return err
			}
			j.state = j.show(ctx)
			return nil
		}},
		{"destroy", "the client is cancelled; bunq keeps installation, key and device", func(ctx context.Context, j *journey, s *stage) error {
			r := j.run(ctx, s, append([]string{"destroy", "-auto-approve", "-no-color", "-input=false"}, j.vars...)...)
			if r.err != nil || r.status == 0 {
				return r.err
			}
			return s.failed(r, "the destroy failed")
		}},
		{"witness", "bunq itself, asked without the provider, has no active client left", askWitness},
	}
}

func (s *stage) failed(r result, format string, args ...any) error {
	s.output = r.output
	return fmt.Errorf(format+" (status %d)", append(args, r.status)...)
}

// run runs the CLI and adds to the step's account.
func (j *journey) run(ctx context.Context, s *stage, args ...string) result {
	r := j.terraform(ctx, args...)
	for name, n := range r.calls {
		s.calls[name] += n
	}
	s.waited, s.retries = s.waited+r.waited, s.retries+r.retries
	return r
}

var summary = regexp.MustCompile(`Apply complete! Resources:(?: (\d+) imported,)? (\d+) added, (\d+) changed, (\d+) destroyed`)

// apply plans, and applies that plan, as a pipeline would; it wants so many resources added, and
// none destroyed.
func (j *journey) apply(ctx context.Context, s *stage, added int) error {
	plan := filepath.Join(j.dir, "plan")
	r := j.run(ctx, s, append([]string{"plan", "-no-color", "-input=false", "-out=" + plan}, j.vars...)...)
	if r.err != nil {
		return r.err
	}
	if r.status != 0 {
		return s.failed(r, "the plan failed")
	}
	r = j.run(ctx, s, "apply", "-no-color", "-input=false", plan)
	if r.err != nil {
		return r.err
	}
	m := summary.FindStringSubmatch(r.output)
	if r.status != 0 || m == nil {
		return s.failed(r, "the apply failed")
	}
	s.notes = append(s.notes, strings.TrimPrefix(m[0], "Apply complete! "))
	if m[2] != fmt.Sprint(added) || m[4] != "0" {
		return s.failed(r, "%d should have been added and none destroyed", added)
	}
	return nil
}

func emptyPlan(ctx context.Context, j *journey, s *stage) error {
	r := j.run(ctx, s, append([]string{"plan", "-no-color", "-input=false", "-detailed-exitcode"}, j.vars...)...)
	if r.err != nil || r.status == 0 {
		return r.err
	}
	return s.failed(r, "the plan should have been empty")
}

func (j *journey) show(ctx context.Context) []byte {
	return j.terraform(ctx, "show", "-json", "-no-color").stdout
}

// importAll forgets all that bunq holds, and takes it over with the context file that bunq's SDKs
// would have.
func importAll(ctx context.Context, j *journey, s *stage) error {
	held, err := readState(j.show(ctx))
	if err != nil {
		return err
	}
	file := filepath.Join(j.dir, "bunq.conf")
	if err := os.WriteFile(file, held.contextFile(), 0o600); err != nil {
		return err
	}
	blocks := held.importBlocks(file)
	if err := os.WriteFile(filepath.Join(j.dir, "example", "import.tf"), []byte(blocks), 0o600); err != nil {
		return err
	}
	r := j.run(ctx, s, append([]string{"state", "rm"}, held.addresses()...)...)
	if r.err != nil {
		return r.err
	}
	if r.status != 0 {
		return s.failed(r, "the resources could not be taken out of the state")
	}

	j.context = file
	defer func() { j.context = "" }()
	if err := j.apply(ctx, s, 0); err != nil {
		return err
	}
	if !strings.Contains(s.notes[len(s.notes)-1], fmt.Sprintf("%d imported", len(held.addresses()))) {
		return fmt.Errorf("%d should have been imported: %s", len(held.addresses()), s.notes[len(s.notes)-1])
	}
	if err := emptyPlan(ctx, j, s); err != nil {
		return err
	}
	s.notes = append(s.notes, "What an import looks up is not in the provider's log, and so not among these calls.")
	return os.Remove(filepath.Join(j.dir, "example", "import.tf"))
}

// askWitness waits first, as bunq opens one session in 30 s for each address, and the provider has
// just opened one.
func askWitness(ctx context.Context, j *journey, s *stage) error {
	timer := time.NewTimer(j.settle)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return errors.New("interrupted")
	case <-timer.C:
		s.waited += j.settle
	}
	cmd := exec.CommandContext(ctx, j.witness, "-base-url", j.base, "-want-no-client") //nolint:gosec // the program that the caller names
	cmd.Stdin = bytes.NewReader(j.state)
	out, err := cmd.CombinedOutput()
	s.calls["by the witness"] += 2
	if err != nil {
		s.output = string(out)
		return fmt.Errorf("the witness found otherwise: %w", err)
	}
	return nil
}

// travel goes through all steps, up to the first that fails; then it only clears up.
func travel(ctx context.Context, c config) *report {
	j := &journey{config: c}
	out := &report{base: c.base, started: time.Now()}
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(c.progress, format+"\n", args...) }
	all := steps()
	say("Asking %s: %d steps, two to four minutes, as bunq opens one session in 30 s.", c.base, len(all))

	for i, st := range all {
		s := &stage{step: st, account: account{calls: map[string]int{}}}
		out.stages = append(out.stages, s)
		say("[%d/%d] %s: %s", i+1, len(all), st.name, st.what)
		began := time.Now()
		s.err = st.do(ctx, j, s)
		s.took = time.Since(began)
		if s.err == nil {
			say("    done in %s, %d calls, waited %s", s.took.Round(time.Millisecond), s.total(), s.waited.Round(time.Millisecond))
			continue
		}
		say("    failed: %v\n%s", s.err, s.output)
		j.clearUp(ctx, i)
		break
	}
	out.took = time.Since(out.started)
	return out
}

// clearUp cancels what a step that failed has left, as far as that can be done.
func (j *journey) clearUp(ctx context.Context, failed int) {
	if failed > len(steps())-3 {
		return
	}
	clean, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Minute)
	defer cancel()
	// What an import has taken out of the state is taken over first, so that it can be cancelled.
	if file := filepath.Join(j.dir, "bunq.conf"); exists(filepath.Join(j.dir, "example", "import.tf")) {
		j.context = file
	}
	_, _ = fmt.Fprintln(j.progress, "Clearing up.")
	vars := slices.Concat(j.vars, []string{"-var", "deletion_protection=false"})
	j.terraform(clean, append([]string{"apply", "-auto-approve", "-no-color", "-input=false"}, vars...)...)
	r := j.terraform(clean, append([]string{"destroy", "-auto-approve", "-no-color", "-input=false"}, vars...)...)
	if r.status != 0 || r.err != nil {
		_, _ = fmt.Fprintln(j.progress, "Something is left at the sandbox: its state is gone with this run, and a sandbox forgets in time.")
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

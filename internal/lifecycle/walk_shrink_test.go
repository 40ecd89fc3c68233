package lifecycle_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

// mostTries is how often a failing walk is gone again to make it shorter.
const mostTries = 60

// shrunk makes a failing walk as short as it gets while it fails in the same
// way, and returns it as text: the steps, and a script.
func (one walk) shrunk(t *testing.T, found *finding) string {
	t.Helper()
	tries := 0
	again := func(shorter walk) bool {
		if tries++; tries > mostTries {
			return false
		}
		var same *finding
		t.Run(fmt.Sprintf("shorter %d", tries), func(t *testing.T) { same = shorter.walkOnce(t) })
		if same == nil || same.kind != found.kind {
			return false
		}
		found = same
		return true
	}
	one = one.withFewerSteps(again)
	one = one.withFewerActions(again)
	one = one.withDefaults(again)

	var text string
	t.Run("shortest", func(t *testing.T) {
		last, script := one.follow(t)
		if last != nil {
			found = last
		}
		text = script
	})
	var out strings.Builder
	fmt.Fprintf(&out, "%s\n\nThe shortest walk that finds it, on a bunq with %s:\n", found.kind, one.settings)
	for _, s := range one.steps {
		fmt.Fprintf(&out, "  %q,\n", s)
	}
	fmt.Fprintf(&out, "\nAs a script:\n%s\n%s\n", text, found.text)
	return out.String()
}

// withFewerSteps leaves steps out, many at once first.
func (one walk) withFewerSteps(again func(walk) bool) walk {
	for n := len(one.steps) / 2; n > 0; n /= 2 {
		for i := 0; i+n <= len(one.steps); {
			shorter := one
			shorter.steps = slices.Delete(slices.Clone(one.steps), i, i+n)
			if len(shorter.steps) > 0 && again(shorter) {
				one = shorter
			} else {
				i += n
			}
		}
	}
	return one
}

// withFewerActions leaves single actions out.
func (one walk) withFewerActions(again func(walk) bool) walk {
	for i := range one.steps {
		for j := 0; ; {
			actions := slices.DeleteFunc(strings.Split(one.steps[i], "; "), func(a string) bool { return a == "" })
			if j >= len(actions) {
				break
			}
			shorter := one
			shorter.steps = slices.Clone(one.steps)
			shorter.steps[i] = strings.Join(slices.Delete(actions, j, j+1), "; ")
			if again(shorter) {
				one = shorter
			} else {
				j++
			}
		}
	}
	return one
}

// withDefaults takes back the answers of bunq that do not matter.
func (one walk) withDefaults(again func(walk) bool) walk {
	plain := one
	plain.settings = bunqsim.Settings{}
	if again(plain) {
		return plain
	}
	choices := slices.DeleteFunc(bunqsim.SettingChoices(), func(c bunqsim.SettingChoice) bool {
		s := one.settings
		c.Choose(&s, 0)
		return s == one.settings
	})
	for n := len(choices) / 2; n > 0; n /= 2 {
		for i := 0; i+n <= len(choices); {
			simpler := one
			for _, c := range choices[i : i+n] {
				c.Choose(&simpler.settings, 0)
			}
			if again(simpler) {
				one = simpler
				choices = slices.Delete(choices, i, i+n)
			} else {
				i += n
			}
		}
	}
	return one
}

// note writes a comment into the script.
func (w *walker) note(text string) { fmt.Fprintf(&w.script, "# %s\n", text) }

// file writes a file into the script; a certificate or key as what it is.
func (w *walker) file(name, text string) {
	if strings.HasSuffix(name, ".pem") {
		fmt.Fprintf(&w.script, "# %s is another file now: %s\n", name, w.want.certificate)
		return
	}
	if strings.HasPrefix(name, ".") {
		return
	}
	fmt.Fprintf(&w.script, "cat > %s <<'EOF'\n%sEOF\n", name, text)
}

// command writes a command into the script.
func (w *walker) command(args []string) {
	program := "terraform"
	if w.cli.IsTofu {
		program = "tofu"
	}
	fmt.Fprintln(&w.script, strings.Join(append(append(slices.Clone(w.cli.Env), program), args...), " "))
}

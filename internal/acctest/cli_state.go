package acctest

import (
	"encoding/json"
	"os/exec"
	"testing"
)

// State is what the state holds of each resource, by its address. Values are as
// encoding/json gives them.
type State map[string]map[string]any

// State reads the state.
func (c *CLI) State(t *testing.T) State {
	t.Helper()
	var shown struct {
		Values struct {
			Root struct {
				Resources []struct {
					Address string         `json:"address"`
					Values  map[string]any `json:"values"`
				} `json:"resources"`
			} `json:"root_module"`
		} `json:"values"`
	}
	command := exec.CommandContext(t.Context(), c.program, "show", "-json", "-no-color") //nolint:gosec // the program is the tester's own
	command.Dir = c.Dir
	command.Env = append(append([]string(nil), c.base...), c.Env...)
	out, err := command.Output()
	if err != nil {
		t.Fatalf("show: %v", err)
	}
	if err := json.Unmarshal(out, &shown); err != nil {
		t.Fatalf("show: %v", err)
	}
	state := State{}
	for _, r := range shown.Values.Root.Resources {
		state[r.Address] = r.Values
	}
	return state
}

// String is a text attribute; "" where it is null.
func (s State) String(t *testing.T, address, attribute string) string {
	t.Helper()
	values, ok := s[address]
	if !ok {
		t.Fatalf("the state has no %s", address)
	}
	v, ok := values[attribute]
	if !ok {
		t.Fatalf("%s has no attribute %s", address, attribute)
	}
	text, _ := v.(string)
	return text
}

// MustApply applies, and fails the test where that does not work.
func (c *CLI) MustApply(t *testing.T, args ...string) Result {
	t.Helper()
	r := c.Apply(t, args...)
	if r.Code != 0 {
		t.Fatalf("apply: exit code %d\n%s", r.Code, r.Output)
	}
	return r
}

// MustHaveNothingToDo plans, and fails the test where there is something to do.
func (c *CLI) MustHaveNothingToDo(t *testing.T) {
	t.Helper()
	if r := c.Plan(t); r.Code != 0 {
		t.Fatalf("the plan should be empty: exit code %d\n%s", r.Code, r.Output)
	}
}

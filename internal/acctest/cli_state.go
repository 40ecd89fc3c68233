package acctest

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

// Object is one object of a state file.
type Object struct {
	Address, Type string
	// Deposed is the key of an object that waits to be destroyed; "" for all others.
	Deposed string
	Tainted bool
	// Attributes are as encoding/json gives them.
	Attributes map[string]any
}

// Objects reads the state file, in its order. Asking the CLI for the state takes as long as a plan.
func (c *CLI) Objects(t *testing.T) []Object {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(c.Dir, "terraform.tfstate"))
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}

	var file struct {
		Resources []struct {
			Module, Mode, Type, Name string
			Instances                []struct {
				IndexKey   any `json:"index_key"`
				Status     string
				Deposed    string
				Attributes map[string]any
			}
		}
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}

	var out []Object
	for _, r := range file.Resources {
		address := r.Type + "." + r.Name
		if r.Mode == "data" {
			address = "data." + address
		}
		if r.Module != "" {
			address = r.Module + "." + address
		}
		for _, i := range r.Instances {
			out = append(out, Object{
				Address: address + index(i.IndexKey), Type: r.Type, Deposed: i.Deposed, Tainted: i.Status == "tainted", Attributes: i.Attributes,
			})
		}
	}
	return out
}

// index is what follows the name of a resource with count or for_each.
func index(key any) string {
	switch key := key.(type) {
	case float64:
		return fmt.Sprintf("[%d]", int(key))
	case string:
		return "[" + strconv.Quote(key) + "]"
	}
	return ""
}

// State is what the state holds of each resource, by its address. Values are as
// encoding/json gives them.
type State map[string]map[string]any

// State reads the state, without deposed objects.
func (c *CLI) State(t *testing.T) State {
	t.Helper()
	state := State{}
	for _, o := range c.Objects(t) {
		if o.Deposed == "" {
			state[o.Address] = o.Attributes
		}
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

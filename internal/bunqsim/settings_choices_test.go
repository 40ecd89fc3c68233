package bunqsim_test

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

// A setting without choices would be drawn by no walk, and would take any answer.
func TestSettingChoices_haveEveryField(t *testing.T) {
	var fields, names []string
	for field := range reflect.TypeFor[bunqsim.Settings]().Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		fields = append(fields, name)
	}
	for _, c := range bunqsim.SettingChoices() {
		names = append(names, c.Name)
		if !regexp.MustCompile(`^(OBSERVED|DOCUMENTED|UNKNOWN)\b`).MatchString(c.Source) {
			t.Errorf("%s has the source %q", c.Name, c.Source)
		}
		if len(c.Answers) < 2 {
			t.Errorf("%s has no answer but its default", c.Name)
		}
	}
	if !slices.Equal(fields, names) {
		t.Errorf("choices of %q, fields %q", names, fields)
	}
}

// What String returns is what the flag -settings takes, and each answer is one that the simulator
// knows.
func TestSettingChoice_Choose(t *testing.T) {
	for _, c := range bunqsim.SettingChoices() {
		for i, answer := range c.Answers {
			var set bunqsim.Settings
			c.Choose(&set, len(c.Answers)-1)
			c.Choose(&set, i)

			want := "{}"
			if i > 0 {
				b, err := json.Marshal(map[string]any{c.Name: answer})
				if err != nil {
					t.Fatal(err)
				}
				want = string(b)
			}
			if got := set.String(); got != want {
				t.Errorf("%s: settings are %s, want %s", c.Name, got, want)
			}
			if _, err := bunqsim.New(bunqsim.Config{Settings: set}); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestRandomSettings(t *testing.T) {
	// The same seed draws the same settings, or no failure could be repeated.
	draw := func(seed uint64) bunqsim.Settings { return bunqsim.RandomSettings(rand.New(rand.NewPCG(seed, 0))) } //nolint:gosec // not for secrets
	if a, b := draw(1), draw(1); a != b {
		t.Errorf("seed 1 draws %s and %s", a, b)
	}

	drawn := map[string]map[string]bool{}
	for seed := range uint64(200) {
		set := draw(seed)
		if _, err := bunqsim.New(bunqsim.Config{Settings: set}); err != nil {
			t.Fatal(err)
		}
		var answers map[string]json.RawMessage
		if err := json.Unmarshal([]byte(set.String()), &answers); err != nil {
			t.Fatal(err)
		}
		for _, c := range bunqsim.SettingChoices() {
			if drawn[c.Name] == nil {
				drawn[c.Name] = map[string]bool{}
			}
			drawn[c.Name][string(answers[c.Name])] = true
		}
	}
	for _, c := range bunqsim.SettingChoices() {
		if n := len(drawn[c.Name]); n != len(c.Answers) {
			t.Errorf("%s: %d of %d answers drawn", c.Name, n, len(c.Answers))
		}
	}
}

// A setting whose other answers nobody needs is one too many: tests of the provider set it, or users
// of the simulator do, who are named.
func TestSettingChoices_areNeeded(t *testing.T) {
	fields := reflect.VisibleFields(reflect.TypeFor[bunqsim.Settings]())
	for i, c := range bunqsim.SettingChoices() {
		dir, provider := strings.CutPrefix(c.For, "internal/")
		if !provider {
			if !strings.HasPrefix(c.For, "those ") {
				t.Errorf("%s is for %q", c.Name, c.For)
			}
			continue
		}
		files, err := filepath.Glob(filepath.Join("..", dir, "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		set := regexp.MustCompile(`\b` + fields[i].Name + `\b`)
		if !slices.ContainsFunc(files, func(file string) bool {
			text, err := os.ReadFile(file)
			return err == nil && set.Match(text)
		}) {
			t.Errorf("%s is for %s, whose tests do not name %s", c.Name, c.For, fields[i].Name)
		}
	}
}

package probe_test

import (
	"slices"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunqprobe/probe"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

// Each setting of the simulator has a question with its very answers, or a reason for having none;
// and no question asks for what is not a setting.
func TestEachSettingHasAQuestion(t *testing.T) {
	questions := map[string]probe.Setting{}
	for _, s := range probe.Settings() {
		if _, twice := questions[s.Name]; twice {
			t.Errorf("two questions for %s", s.Name)
		}
		if s.Leaves == "" {
			t.Errorf("%s does not say what it leaves at bunq", s.Name)
		}
		questions[s.Name] = s
	}

	for _, c := range bunqsim.SettingChoices() {
		q, asked := questions[c.Name]
		delete(questions, c.Name)
		reason, unseen := probe.Unseen[c.Name]
		switch {
		case asked && unseen:
			t.Errorf("%s has a question, and is said not to be seen", c.Name)
		case unseen && reason == "":
			t.Errorf("%s is said not to be seen, without a reason", c.Name)
		case !asked && !unseen:
			t.Errorf("no question for the setting %s: add one, or its reason to Unseen", c.Name)
		case asked && !slices.Equal(texts(t, q.Answers), texts(t, c.Answers)):
			t.Errorf("%s: the question has the answers %q, the setting %q", c.Name, texts(t, q.Answers), texts(t, c.Answers))
		}
	}
	for name := range questions {
		t.Errorf("a question for %s, which is no setting", name)
	}
	for name := range probe.Unseen {
		if !slices.ContainsFunc(bunqsim.SettingChoices(), func(c bunqsim.SettingChoice) bool { return c.Name == name }) {
			t.Errorf("%s is said not to be seen, and is no setting", name)
		}
	}
}

func texts(t *testing.T, answers []any) []string {
	t.Helper()
	var out []string
	for _, a := range answers {
		out = append(out, asJSON(t, a))
	}
	return out
}

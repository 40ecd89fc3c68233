package oauthapp_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
	"github.com/openpsd2/terraform-provider-bunq/internal/acctest/core"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

const (
	declaredTwice = "Two resources declare the notification filters of one user"
	inStateTwice  = "The state has the notification filters twice"
)

// Two resources for one user: an error of the plan where the user is known there, and
// one of the apply where it is not; and whichever of the two is removed, bunq keeps
// what the other declares.
func TestAccFilters_declaredTwice(t *testing.T) {
	t.Parallel()
	t.Run("two new ones", func(t *testing.T) {
		t.Parallel()
		h := newHooked(t, "Two new")
		h.write(t, filtersConfig("main", "", hookA)+filtersConfig("other", "", hookA))
		h.cli.Plan(t).MustSay(t, 1, declaredTwice, fmt.Sprintf("for bunq user %d", h.UserID), "Nothing was sent.", "if two blocks declare it, remove one of them")
	})
	t.Run("one beside one that is there", func(t *testing.T) {
		t.Parallel()
		h := newHooked(t, "Beside")
		h.write(t, filtersConfig("main", "", hookA))
		h.cli.MustApply(t)
		h.write(t, filtersConfig("main", "", hookA)+filtersConfig("other", "  adopt_existing = true", hookB))
		h.cli.Plan(t).MustSay(t, 1, declaredTwice)
		h.mustHave(t, hookA)
	})
	t.Run("in the state twice", func(t *testing.T) {
		t.Parallel()
		h := newHooked(t, "State twice")
		h.write(t, filtersConfig("main", "", hookA))
		h.cli.MustApply(t)
		editState(t, h.cli, func(resource map[string]any) []any {
			other := maps.Clone(resource)
			other["name"] = "other"
			return []any{resource, other}
		})
		h.cli.Apply(t).MustSay(t, 1, inStateTwice, "The destroy of the other one would remove its filters", "To destroy instead: terraform destroy -refresh=false")
		h.cli.Apply(t, "-refresh=false").MustSay(t, 1, inStateTwice)
		h.cli.Run(t, "state", "rm", "bunq_notification_filters.other").MustSay(t, 0)
		h.cli.MustHaveNothingToDo(t)
		h.mustHave(t, hookA)
	})
	t.Run("one of them deposed", func(t *testing.T) {
		t.Parallel()
		h := newHooked(t, "Deposed")
		h.write(t, filtersConfig("main", "", hookA))
		h.cli.MustApply(t)
		editState(t, h.cli, withDeposed)
		h.cli.Apply(t).MustSay(t, 1, inStateTwice, "if it is a deposed object")
		h.cli.Run(t, "state", "rm", filtersAddress).MustSay(t, 0)
		h.write(t, filtersConfig("main", "", hookA)+importBlock(filtersAddress, fmt.Sprint(h.UserID)))
		h.cli.MustApply(t).MustSay(t, 0, "1 imported, 0 added, 0 changed, 0 destroyed")
		h.mustHave(t, hookA)
	})
	t.Run("of a user who is not known at plan", func(t *testing.T) {
		t.Parallel()
		b := acctest.New(t)
		cli := acctest.NewCLI(t, b, acctest.Attached)
		context := "  api_context = bunq_device_server.main.api_context"
		cli.Write(t, acctest.Device+filtersConfig("main", context, hookA)+filtersConfig("other", context, hookB))
		cli.Plan(t).MustSay(t, 2)
		// Said by the plan within the apply, or where both have been planned by the create.
		cli.Apply(t).MustSay(t, 1, declaredTwice, "if two blocks declare it, remove one of them")
		if n := b.Count(postFilters); n != 1 {
			t.Errorf("%d POSTs", n)
		}
	})
}

// By id and by identity, as an import block or a command; and what cannot be one.
func TestAccFilters_import(t *testing.T) {
	t.Parallel()
	h := newHooked(t, "Import")
	h.set(t, hookA, hookC)
	h.write(t, filtersConfig("main", "", hookA, hookC)+importBlock(filtersAddress, fmt.Sprint(h.UserID)))
	h.cli.MustApply(t).MustSay(t, 0, "1 imported, 0 added, 0 changed, 0 destroyed")
	h.write(t, filtersConfig("main", "", hookA, hookC))
	h.cli.MustHaveNothingToDo(t)
	h.cli.Run(t, "state", "rm", filtersAddress).MustSay(t, 0)

	h.cli.Run(t, "import", "-no-color", filtersAddress, "28196/633").MustSay(t, 1, "Unusable import id", "does not have the form USER_ID", "Next step: take the id of data.bunq_user")
	h.cli.Run(t, "import", "-no-color", filtersAddress, fmt.Sprint(h.UserID+1)).MustSay(t, 1, "bunq_notification_filters cannot be read",
		fmt.Sprintf("but this object belongs to bunq user %d", h.UserID+1))
	h.cli.Run(t, "import", "-no-color", filtersAddress, fmt.Sprint(h.UserID)).MustSay(t, 0)
	h.cli.MustHaveNothingToDo(t)
	if writes := h.b.Writes(0); len(writes) > 0 {
		t.Errorf("written: %v", writes)
	}
}

// The same by identity, at the level of the protocol.
func TestFilters_identity(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	p := b.Onboard(t, "Identity")
	q := p.Serve(t)
	identity := map[string]string{"user_id": fmt.Sprint(p.UserID)}
	imported, told := q.ImportIdentity(t.Context(), "bunq_notification_filters", identity)
	acctest.MustBeFine(t, told)
	read, told := q.Read(t.Context(), imported)
	acctest.MustBeFine(t, told)
	if diff := cmp.Diff(map[string]string{"id": identity["user_id"], "user_id": identity["user_id"]}, core.Texts(read.Value)); diff != "" {
		t.Errorf("state (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(identity, read.IdentityTexts()); diff != "" {
		t.Errorf("identity (-want +got):\n%s", diff)
	}
}

// What bunq would refuse is refused before anything is sent, at its line.
func TestAccFilters_badInput(t *testing.T) {
	t.Parallel()
	h := newHooked(t, "Bad input")
	for name, tc := range map[string]struct {
		config string
		want   []string
	}{
		"plain http":             {filtersConfig("main", "", hook{"OAUTH", "http://a.example.com"}), []string{"Unusable notification target", "is plain http"}},
		"another scheme":         {filtersConfig("main", "", hook{"OAUTH", "ftp://a.example.com"}), []string{"has a scheme other than https"}},
		"not absolute":           {filtersConfig("main", "", hook{"OAUTH", "a.example.com/x"}), []string{"is not absolute"}},
		"a fragment":             {filtersConfig("main", "", hook{"OAUTH", "https://a.example.com/#x"}), []string{"has a fragment"}},
		"white space":            {filtersConfig("main", "", hook{"OAUTH", "https://a.example.com/ x"}), []string{"contains white space"}},
		"no URL":                 {filtersConfig("main", "", hook{"OAUTH", "https://a.example.com:x"}), []string{"is not a URL"}},
		"no category's form":     {filtersConfig("main", "", hook{"oauth", "https://a.example.com"}), []string{"\"oauth\" is not the name of one"}},
		"three for one category": {filtersConfig("main", "", hookA, hookB, hook{"OAUTH", "https://c.example.com"}), []string{"Too many targets for one category", "OAUTH has more"}},
		"no verification types": {"resource \"bunq_notification_filters\" \"main\" {\n  filters = [{ category = \"OAUTH\", notification_target = \"https://a.example.com\", verification_types = [] }]\n}\n",
			[]string{"verification_types lists nothing"}},
		"a filter twice": {"resource \"bunq_notification_filters\" \"main\" {\n  filters = [{ category = \"OAUTH\", notification_target = \"https://a.example.com\" }, " +
			"{ category = \"OAUTH\", notification_target = \"https://a.example.com\", verification_types = [\"BUNQ_CERTIFICATE\"] }]\n}\n",
			[]string{"A notification filter is declared twice", "OAUTH"}},
		"a null element":          {"resource \"bunq_notification_filters\" \"main\" {\n  filters = [null]\n}\n", []string{"A notification filter is null"}},
		"a null category":         {"resource \"bunq_notification_filters\" \"main\" {\n  filters = [{ category = null, notification_target = \"https://a.example.com\" }]\n}\n", []string{"category"}},
		"no filters":              {"resource \"bunq_notification_filters\" \"main\" {\n  filters = null\n}\n", []string{"filters"}},
		"a context of production": {filtersConfig("main", "  api_context = "+strings.Replace(h.APIContext(), `"sandbox"`, `"production"`, 1), hookA), []string{"Made in another environment"}},
	} {
		t.Run(name, func(t *testing.T) {
			h.write(t, tc.config)
			h.cli.Plan(t).MustSay(t, 1, tc.want...)
		})
	}
	h.cli.Write(t, h.b.Provider("")+filtersConfig("main", "", hookA))
	h.cli.Plan(t).MustSay(t, 1, "No API context")
	if calls := h.b.Calls(0); len(calls) > 0 {
		t.Errorf("sent: %v", calls)
	}
}

// bunq has more categories than it lists: one that is not known is a warning.
func TestAccFilters_unknownCategory(t *testing.T) {
	t.Parallel()
	h := newHooked(t, "Category")
	h.write(t, filtersConfig("main", "", hook{"OAUHT", "https://a.example.com"}, hook{"CARD", "https://a.example.com"}))
	r := h.cli.Plan(t)
	r.MustSay(t, 2, "Doubtful notification category", `"OAUHT" is not one that bunq lists`)
	if strings.Contains(r.Output, `category "CARD"`) {
		t.Errorf("warned of one that bunq has:\n%s", r.Output)
	}
}

// Unknown at plan: a target, a category, and the whole of it; what the apply then
// finds too much is an error of the apply, before anything is sent.
func TestAccFilters_unknown(t *testing.T) {
	t.Parallel()
	h := newHooked(t, "Unknown")
	data := "resource \"terraform_data\" \"it\" {\n  input = %s\n}\n"
	use := "resource \"bunq_notification_filters\" \"main\" {\n  filters = %s\n}\n"
	h.write(t, fmt.Sprintf(data, `"https://a.example.com/bunq"`)+
		fmt.Sprintf(use, `[{ category = "OAUTH", notification_target = terraform_data.it.output }, { category = "OAUTH", notification_target = "https://b.example.com/bunq" }]`))
	h.cli.MustApply(t)
	h.mustHave(t, hook{"OAUTH", "https://a.example.com/bunq"}, hookB)
	h.cli.MustHaveNothingToDo(t)

	h.write(t, fmt.Sprintf(data, `[{ category = "MUTATION", notification_target = "https://c.example.com/bunq" }]`)+fmt.Sprintf(use, "terraform_data.it.output"))
	h.cli.MustApply(t)
	h.mustHave(t, hookC)
	h.cli.MustHaveNothingToDo(t)
}

// With every answer that bunq may give about filters, the life of a set is the same,
// also of one that bunq's own page size would cut.
func TestAccFilters_settings(t *testing.T) {
	t.Parallel()
	many := []hook{hookA, hookB}
	for _, category := range []string{"BILLING", "CHAT", "IDEAL", "MUTATION", "PAYMENT", "REQUEST", "SHARE", "SOFORT", "SUPPORT"} {
		many = append(many, hook{category, "https://a.example.com/bunq"}, hook{category, "https://b.example.com/bunq"})
	}
	for name, set := range map[string]func(*bunqsim.Settings){
		"in pages":        func(s *bunqsim.Settings) { s.NotificationFilterList = bunqsim.InPages },
		"whole":           func(s *bunqsim.Settings) { s.NotificationFilterList = bunqsim.Whole },
		"with timestamps": func(s *bunqsim.Settings) { s.NotificationFilterFields = bunqsim.WithTimestamps },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHooked(t, "Settings", acctest.WithSim(func(c *bunqsim.Config) { set(&c.Settings) }))
			h.write(t, filtersConfig("main", "", many...))
			h.cli.MustApply(t)
			h.mustHave(t, many...)
			h.cli.MustHaveNothingToDo(t)
			h.write(t, filtersConfig("main", "", hookB))
			h.cli.MustApply(t)
			h.mustHave(t, hookB)
			h.cli.MustHaveNothingToDo(t)
			h.cli.Destroy(t).MustSay(t, 0)
			h.mustHave(t)
		})
	}
}

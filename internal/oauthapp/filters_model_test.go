package oauthapp

import (
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
)

// What is printed can be pasted, whatever the address has in it.
func TestFilterLines(t *testing.T) {
	t.Parallel()
	got := filterLines([]bunq.NotificationFilter{
		{Category: "OAUTH", Target: `https://a.test/${x}%{y}"\` + "\n"},
		{Category: "CARD", Target: "https://a.test", VerificationTypes: []string{"A", "BUNQ_CERTIFICATE"}},
	})
	want := `    { category = "OAUTH", notification_target = "https://a.test/$${x}%%{y}\"\\ " },` + "\n" +
		`    { category = "CARD", notification_target = "https://a.test", verification_types = ["A", "BUNQ_CERTIFICATE"] },`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// Filters are the same whatever their order; the verification types are part of them.
func TestWithout(t *testing.T) {
	t.Parallel()
	a, b := bunq.NotificationFilter{Category: "A", Target: "x"}, bunq.NotificationFilter{Category: "B", Target: "x"}
	proven := a
	proven.VerificationTypes = []string{"BUNQ_CERTIFICATE"}
	if !sameFilters([]bunq.NotificationFilter{a, b, a}, []bunq.NotificationFilter{b, a}) {
		t.Error("another order, or one of them twice, is another set")
	}
	if left := without([]bunq.NotificationFilter{proven, a, b}, []bunq.NotificationFilter{b}, []bunq.NotificationFilter{a}); len(left) != 1 || !isSameFilter(left[0], proven) {
		t.Errorf("left %v", left)
	}
}

package bunq_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
)

const (
	mutationFilter = `{"NotificationFilterUrl":{"category":"MUTATION","notification_target":"https:\/\/somewebsite.com"}}`
	oauthFilter    = `{"NotificationFilterUrl":{"id":7,"created":"2020-05-18 10:00:00.363462","category":"OAUTH","notification_target":"https:\/\/b.test\/?x=1&y=<2>"}}`
)

func filtersWant() []bunq.NotificationFilter {
	return []bunq.NotificationFilter{{Category: "MUTATION", Target: "https://somewebsite.com"}, {Category: "OAUTH", Target: "https://b.test/?x=1&y=<2>"}}
}

func TestNotificationFilters(t *testing.T) {
	t.Parallel()
	u, b := signedIn(t, always(ok(list(mutationFilter, oauthFilter))))
	got, err := u.NotificationFilters(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(filtersWant(), got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if r := b.only(); r.method != http.MethodGet || r.path != "/v1/user/28196/notification-filter-url?count=200" {
		t.Errorf("sent %s %s", r.method, r.path)
	}
}

// What others have set is sent back: a POST that leaves it out loses it. What bunq fills in by itself is not.
func TestNotificationFilters_verificationTypes(t *testing.T) {
	t.Parallel()
	u, b := signedIn(t, always(ok(list(`{"NotificationFilterUrl":{"category":"OAUTH","notification_target":"https://a.test","all_user_id":[1],`+
		`"all_monetary_account_id":[2,3],"all_verification_type":["BUNQ_CERTIFICATE","A","A"]}}`,
		`{"NotificationFilterUrl":{"category":"CARD","notification_target":"https://a.test","all_user_id":[],"all_verification_type":[]}}`))))
	got, err := u.NotificationFilters(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := []bunq.NotificationFilter{{Category: "OAUTH", Target: "https://a.test", VerificationTypes: []string{"A", "BUNQ_CERTIFICATE"}},
		{Category: "CARD", Target: "https://a.test"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if err := u.ReplaceNotificationFilters(t.Context(), got); err != nil {
		t.Fatal(err)
	}
	sent := b.requests()[1].body
	if sent != `{"notification_filters":[{"category":"OAUTH","notification_target":"https://a.test","all_verification_type":["A","BUNQ_CERTIFICATE"]},`+
		`{"category":"CARD","notification_target":"https://a.test"}]}` {
		t.Errorf("sent %s", sent)
	}
}

func TestReplaceNotificationFilters(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		send   []bunq.NotificationFilter
		body   string
		answer string
	}{
		"two": {
			filtersWant(),
			`{"notification_filters":[{"category":"MUTATION","notification_target":"https://somewebsite.com"},` +
				`{"category":"OAUTH","notification_target":"https://b.test/?x=1&y=<2>"}]}`,
			`{"Response":[` + mutationFilter + `,` + oauthFilter + `]}`,
		},
		"none": {nil, `{"notification_filters":[]}`, `{"Response":[]}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u, b := signedIn(t, always(ok(tc.answer)))
			if err := u.ReplaceNotificationFilters(t.Context(), tc.send); err != nil {
				t.Fatal(err)
			}
			if r := b.only(); r.method != http.MethodPost || r.path != "/v1/user/28196/notification-filter-url" || r.body != tc.body {
				t.Errorf("sent %s %s\n%s\nwant\n%s", r.method, r.path, r.body, tc.body)
			}
		})
	}
}

// What is read after a replacement is not what was read before it.
func TestReplaceNotificationFilters_endsWhatWasRead(t *testing.T) {
	t.Parallel()
	u, b := signedIn(t, inTurn(ok(list(mutationFilter)), ok(`{"Response":[]}`), ok(list())))
	for _, want := range []int{1, 0} {
		got, err := u.NotificationFilters(t.Context())
		if err != nil || len(got) != want {
			t.Fatalf("got %v, %v", got, err)
		}
		if want == 1 {
			if err := u.ReplaceNotificationFilters(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	if b.count() != 3 {
		t.Errorf("%d requests", b.count())
	}
}

func TestNotificationFilters_refuseDamage(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"a filter without a target":   list(`{"NotificationFilterUrl":{"category":"OAUTH","notification_target":null}}`),
		"a filter without a category": list(`{"NotificationFilterUrl":{"notification_target":"https://a.test"}}`),
		"no list":                     `{"Response":{}}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u, _ := signedIn(t, always(ok(body)))
			var decode *bunq.DecodeError
			if _, err := u.NotificationFilters(t.Context()); !errors.As(err, &decode) {
				t.Errorf("reading gave %v", err)
			}
		})
	}
}

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

func TestReplaceNotificationFilters(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		send   []bunq.NotificationFilter
		body   string
		answer string
		want   []bunq.NotificationFilter
	}{
		"two, and bunq has them": {
			filtersWant(),
			`{"notification_filters":[{"category":"MUTATION","notification_target":"https://somewebsite.com"},` +
				`{"category":"OAUTH","notification_target":"https://b.test/?x=1&y=<2>"}]}`,
			`{"Response":[` + mutationFilter + `,` + oauthFilter + `]}`, filtersWant(),
		},
		"one": {
			filtersWant()[:1], `{"notification_filters":[{"category":"MUTATION","notification_target":"https://somewebsite.com"}]}`,
			`{"Response":[` + mutationFilter + `]}`, filtersWant()[:1],
		},
		"none": {nil, `{"notification_filters":[]}`, `{"Response":[]}`, []bunq.NotificationFilter{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u, b := signedIn(t, always(ok(tc.answer)))
			got, err := u.ReplaceNotificationFilters(t.Context(), tc.send)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
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
			if _, err := u.ReplaceNotificationFilters(t.Context(), nil); err != nil {
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
			if _, err := u.ReplaceNotificationFilters(t.Context(), nil); !bunq.OutcomeUnknown(err) {
				t.Errorf("replacing gave %v", err)
			}
		})
	}
}

package lookup

import (
	"testing"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
)

func TestNextCheck(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	for name, tc := range map[string]struct {
		created time.Time
		timeout time.Duration
		want    time.Time
	}{
		"long to go":                       {now, 90 * time.Hour, now.Add(checkInterval)},
		"no lifetime announced":            {now, 0, now.Add(checkInterval)},
		"no beginning told":                {time.Time{}, time.Hour, now.Add(checkInterval)},
		"over before the next look":        {now.Add(-time.Hour), time.Hour + 7*time.Minute, now.Add(7 * time.Minute)},
		"nearly over at the next look":     {now.Add(-time.Hour), time.Hour + 14*time.Minute, now.Add(14 * time.Minute)},
		"enough left at the next look":     {now.Add(-time.Hour), time.Hour + 16*time.Minute, now.Add(checkInterval)},
		"over already, by a clock that is": {now.Add(-2 * time.Hour), time.Hour, now.Add(checkInterval)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := nextCheck(now, &bunq.Session{Created: tc.created, Timeout: tc.timeout}); !got.Equal(tc.want) {
				t.Errorf("looked at %s, want %s", got, tc.want)
			}
		})
	}
}

package bunq

import (
	"net/http"
	"testing"
)

func TestHeader_isFoundWhateverItsCase(t *testing.T) {
	t.Parallel()
	for name, h := range map[string]http.Header{
		"in Go's form":  {"X-Bunq-Client-Response-Id": {"a", "b"}},
		"in lower case": {"x-bunq-client-response-id": {"a", "b"}},
	} {
		if got := header(h, "X-Bunq-Client-Response-Id"); got != "a" {
			t.Errorf("%s: %q", name, got)
		}
	}
	if got := header(http.Header{"x-bunq-client-response-id": nil}, "X-Bunq-Client-Response-Id"); got != "" {
		t.Errorf("without a value: %q", got)
	}
}

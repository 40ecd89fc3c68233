package providerdata

import (
	"fmt"
	"strings"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
)

func TestData_printsNoSecrets(t *testing.T) {
	t.Parallel()
	const secret = "3c1f9e0b7a3c1f9e0b7a3c1f9e0b7a3c"
	d := &Data{Environment: bunq.Sandbox}
	d.Remember(bunq.APIContext{Environment: bunq.Sandbox, APIKey: secret, Installation: bunq.Installation{Token: secret}})
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if text := fmt.Sprintf(verb, d); strings.Contains(text, secret) {
			t.Errorf("%s prints a secret: %s", verb, text)
		}
	}
}

func TestData_remembersEachContextOnce(t *testing.T) {
	t.Parallel()
	d := &Data{}
	for range 2 {
		d.Remember(bunq.APIContext{APIKey: "a"})
		d.Remember(bunq.APIContext{APIKey: "b"})
	}
	seen := d.Seen()
	if len(seen) != 2 || seen[0].APIKey != "a" || seen[1].APIKey != "b" {
		t.Errorf("%d contexts are remembered, want a and b, once each, in the order of their use", len(seen))
	}
}

package probe_test

import (
	"strings"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunqprobe/probe"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

// No output holds a token, a key or a client's secret, also where an answer that holds them is
// shown raw.
func TestSecretsStayOut(t *testing.T) {
	const odd = "odd/secret+in-a-form-of-its-own"
	raw := 0
	for _, fault := range []bunqsim.Fault{
		{Route: "POST /payment-service-provider-credential", Kind: bunqsim.FaultNoSignature, Every: true},
		{Route: "POST /payment-service-provider-credential", Kind: bunqsim.FaultNoSignature, Nth: 3, Every: true},
		{Route: "POST /session-server", Kind: bunqsim.FaultNoSignature, Every: true},
		{Route: "POST /session-server", Kind: bunqsim.FaultWrongSignature, Nth: 3, Every: true},
		{Route: "GET /user/{id}/oauth-client/{id}", Kind: bunqsim.FaultNoSignature, Every: true},
		{Route: "GET /user/{id}/oauth-client", Kind: bunqsim.FaultNoSignature, Every: true},
		{Route: "POST /device-server", Kind: bunqsim.FaultNoSignature, Every: true},
		{Route: "POST /installation", Kind: bunqsim.FaultStatus, Status: 200,
			Body: `{"Response":[{"Id":{"id":1}},{"Token":{"token":"` + odd + `"}}]}`},
		{Route: "POST /installation", Kind: bunqsim.FaultStatus, Status: 400, Nth: 2,
			Body: `{"Error":[{"error_description":"Your \"token\":\"` + odd + `\" is odd."}],"secret":"` + strings.ReplaceAll(odd, "/", `\/`) + `"}`},
	} {
		o := ask(t, bunqsim.Config{Limits: bunqsim.LimitsPublished}, func(sim *bunqsim.Sim, c *probe.Config) { sim.Fail(fault) })
		report, err := o.JSON()
		if err != nil {
			t.Fatal(err)
		}
		output := o.Markdown() + string(report) + o.progress
		raw += len(o.Surprises)

		secrets := []string{odd, strings.ReplaceAll(odd, "/", `\/`)}
		now := o.sim.Snapshot()
		for _, i := range now.Installations {
			secrets = append(secrets, i.Token)
		}
		for _, k := range now.Credentials {
			secrets = append(secrets, k.Key)
		}
		for _, s := range now.Sessions {
			secrets = append(secrets, s.Token)
		}
		for _, c := range now.OAuthClients {
			secrets = append(secrets, c.Secret)
		}
		for _, s := range secrets {
			if strings.Contains(output, s[:12]) { // nor a piece of one
				t.Errorf("fault at %s: a secret is in the output", fault.Route)
			}
		}
		if strings.Contains(output, "-----BEGIN") {
			t.Errorf("fault at %s: a key or certificate is in the output", fault.Route)
		}
	}
	if raw == 0 {
		t.Error("no exchange was shown raw, and so nothing was proven")
	}
}

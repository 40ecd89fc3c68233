package acctest

import (
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest/core"
)

// Serve starts the provider with the party's context, for what the CLI at hand does not know, such as resource
// identity.
func (p *Party) Serve(t *testing.T) *core.Provider {
	t.Helper()
	server, err := p.bunq.serve()
	if err != nil {
		t.Fatal(err)
	}
	q := &core.Provider{Server: server}
	environment := string(p.bunq.Sim.Environment())
	MustBeFine(t, q.Configure(t.Context(), core.Args{
		"environment": core.String(environment), "base_url": core.String(p.bunq.URL),
		"api_context": core.Strings(map[string]string{
			"environment": environment, "api_key": p.APIKey, "installation_token": p.Token,
			"private_key_pem": p.PrivateKeyPEM, "server_public_key_pem": p.ServerPublicKeyPEM,
		}),
	}))
	return q
}

// MustBeFine fails the test for an error.
func MustBeFine(t *testing.T, told core.Notices) {
	t.Helper()
	if err := told.Err(); err != nil {
		t.Fatal(err)
	}
}

package lookup_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/echoprovider"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
)

// Another provider is given the secret of the user's client, or of the one that is named.
func TestAccClientSecret_values(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	p := b.Onboard(t, "Secret")
	id := p.OAuthClient(t)
	made := b.Sim.Snapshot().OAuthClients[0]
	checks := func() []statecheck.StateCheck {
		var all []statecheck.StateCheck
		for member, want := range map[string]string{
			"id": strconv.FormatInt(id, 10), "user_id": strconv.FormatInt(p.UserID, 10), "client_id": made.ClientID, "client_secret": made.Secret,
		} {
			all = append(all, statecheck.ExpectKnownValue("echo.it", tfjsonpath.New("data").AtMapKey(member), knownvalue.StringExact(want)))
		}
		return all
	}
	const handedOn = `
provider "echo" {
  data = ephemeral.bunq_oauth_client.main
}

resource "echo" "it" {}
`
	b.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: map[string]func() (tfprotov6.ProviderServer, error){"echo": echoprovider.NewProviderServer()},
		Steps: []resource.TestStep{
			{Config: p.Provider() + "ephemeral \"bunq_oauth_client\" \"main\" {}\n" + handedOn, ConfigStateChecks: checks()},
			{Config: p.Provider() + fmt.Sprintf("ephemeral \"bunq_oauth_client\" \"main\" {\n  id = \"%d\"\n}\n", id) + handedOn, ConfigStateChecks: checks()},
		},
	})
}

// A client that is not there is an error that says so, and so is a key that bunq refuses.
func TestAccClientSecret_errors(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	p := b.Onboard(t, "No secret")
	cli := acctest.NewCLI(t, b)
	for config, want := range map[string]string{
		"ephemeral \"bunq_oauth_client\" \"main\" {}":                    "The user has no OAuth client",
		"ephemeral \"bunq_oauth_client\" \"main\" {\n  id = \"999\"\n}":  "There is no such OAuth client",
		"ephemeral \"bunq_oauth_client\" \"main\" {\n  id = \"0a1b\"\n}": "Not a bunq ID",
	} {
		cli.Write(t, p.Provider()+config+"\n")
		cli.Plan(t).MustSay(t, 1, want)
	}
	if err := b.Sim.RevokeCredential(p.CredentialID); err != nil {
		t.Fatal(err)
	}
	cli.Write(t, p.Provider()+"ephemeral \"bunq_oauth_client\" \"main\" {}\n")
	refused := cli.Plan(t)
	refused.MustSay(t, 1, "ephemeral.bunq_oauth_client cannot be opened", "State: nothing was stored")
	if strings.Contains(refused.Output, p.APIKey) {
		t.Error("the error shows the API key")
	}
}

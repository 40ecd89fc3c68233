package oauthapp_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
)

// Identity at the level of the protocol, whatever CLI there is: an import by it gives the same
// object as one by id, a read keeps it, and its members are those of the docs.
func TestIdentity_imports(t *testing.T) {
	t.Parallel()
	h := newThere(t)
	for name, tc := range map[string]struct {
		identity map[string]string
		id       string
		want     map[string]string
	}{
		"bunq_oauth_client": {
			identity: map[string]string{"user_id": fmt.Sprint(h.UserID), "id": fmt.Sprint(h.client)},
			id:       h.clientID,
			want: map[string]string{
				"id": fmt.Sprint(h.client), "user_id": fmt.Sprint(h.UserID), "status": "ACTIVE",
				"client_id": h.b.Sim.Snapshot().OAuthClients[0].ClientID, "client_secret": h.b.Sim.Snapshot().OAuthClients[0].Secret,
			},
		},
		"bunq_oauth_callback_url": {
			identity: map[string]string{"user_id": fmt.Sprint(h.UserID), "oauth_client_id": fmt.Sprint(h.client), "id": fmt.Sprint(h.callback)},
			id:       h.callbackID,
			want: map[string]string{
				"id": fmt.Sprint(h.callback), "user_id": fmt.Sprint(h.UserID), "oauth_client_id": fmt.Sprint(h.client), "url": callback('a'),
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q := acctest.NewProtocol(t, h.b, h.Party)
			var members []string
			for m := range tc.identity {
				members = append(members, m)
			}
			schemas, err := q.Server.GetResourceIdentitySchemas(t.Context(), &tfprotov6.GetResourceIdentitySchemasRequest{})
			if err != nil {
				t.Fatal(err)
			}
			var declared []string
			for _, a := range schemas.IdentitySchemas[name].IdentityAttributes {
				if !a.RequiredForImport {
					t.Errorf("%s is not needed for import", a.Name)
				}
				declared = append(declared, a.Name)
			}
			slices.Sort(members)
			slices.Sort(declared)
			if diff := cmp.Diff(members, declared); diff != "" {
				t.Errorf("members (-want +got):\n%s", diff)
			}

			for _, request := range []*tfprotov6.ImportResourceStateRequest{
				{TypeName: name, Identity: q.Identity(t, tc.identity)},
				{TypeName: name, ID: tc.id},
			} {
				// A run of its own: within one, the second import would be a second owner.
				q := acctest.NewProtocol(t, h.b, h.Party)
				imported, err := q.Server.ImportResourceState(t.Context(), request)
				if err != nil {
					t.Fatal(err)
				}
				acctest.MustBeFine(t, imported.Diagnostics)
				one := imported.ImportedResources[0]
				read, err := q.Server.ReadResource(t.Context(), &tfprotov6.ReadResourceRequest{
					TypeName: name, CurrentState: one.State, CurrentIdentity: one.Identity, Private: one.Private,
				})
				if err != nil {
					t.Fatal(err)
				}
				acctest.MustBeFine(t, read.Diagnostics)
				if diff := cmp.Diff(tc.want, q.Texts(t, name, read.NewState)); diff != "" {
					t.Errorf("state (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(tc.identity, q.Texts(t, "", read.NewIdentity.IdentityData, members...)); diff != "" {
					t.Errorf("identity (-want +got):\n%s", diff)
				}
			}

			// A state that was written before there was identity, or by a CLI without it.
			q = acctest.NewProtocol(t, h.b, h.Party)
			imported, err := q.Server.ImportResourceState(t.Context(), &tfprotov6.ImportResourceStateRequest{TypeName: name, ID: tc.id})
			if err != nil {
				t.Fatal(err)
			}
			read, err := q.Server.ReadResource(t.Context(), &tfprotov6.ReadResourceRequest{TypeName: name, CurrentState: imported.ImportedResources[0].State})
			if err != nil {
				t.Fatal(err)
			}
			acctest.MustBeFine(t, read.Diagnostics)
			if diff := cmp.Diff(tc.identity, q.Texts(t, "", read.NewIdentity.IdentityData, members...)); diff != "" {
				t.Errorf("identity of a state without (-want +got):\n%s", diff)
			}
		})
	}
}

// A member of an identity that is no number of bunq's is told by its name.
func TestIdentity_mistakes(t *testing.T) {
	t.Parallel()
	h := newThere(t)
	q := acctest.NewProtocol(t, h.b, h.Party)
	answer, err := q.Server.ImportResourceState(t.Context(), &tfprotov6.ImportResourceStateRequest{
		TypeName: "bunq_oauth_client", Identity: q.Identity(t, map[string]string{"user_id": fmt.Sprint(h.UserID), "id": "0a1b2c"}),
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(answer.Diagnostics) != 1 || answer.Diagnostics[0].Summary != "Unusable import id" {
		t.Fatalf("diagnostics: %v", answer.Diagnostics)
	}
	if want := `OAUTH_CLIENT_ID is "0a1b2c", but must be a number`; !strings.Contains(answer.Diagnostics[0].Detail, want) {
		t.Errorf("said %q, want %q in it", answer.Diagnostics[0].Detail, want)
	}
}

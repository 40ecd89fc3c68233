package oauthapp_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
	"github.com/openpsd2/terraform-provider-bunq/internal/acctest/core"
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
			q := h.Serve(t)
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

			// A run for each: within one, the second import would be a second owner.
			for by, imports := range map[string]func(*core.Provider) (core.Object, core.Notices){
				"identity": func(q *core.Provider) (core.Object, core.Notices) {
					return q.ImportIdentity(t.Context(), name, tc.identity)
				},
				"id": func(q *core.Provider) (core.Object, core.Notices) { return q.Import(t.Context(), name, tc.id) },
				// A state that was written before there was identity, or by a CLI without it.
				"id, without an identity in the state": func(q *core.Provider) (core.Object, core.Notices) {
					o, told := q.Import(t.Context(), name, tc.id)
					o.Identity = nil
					return o, told
				},
			} {
				q := h.Serve(t)
				imported, told := imports(q)
				acctest.MustBeFine(t, told)
				read, told := q.Read(t.Context(), imported)
				acctest.MustBeFine(t, told)
				if diff := cmp.Diff(tc.want, core.Texts(read.Value)); diff != "" {
					t.Errorf("by %s: state (-want +got):\n%s", by, diff)
				}
				if diff := cmp.Diff(tc.identity, read.IdentityTexts()); diff != "" {
					t.Errorf("by %s: identity (-want +got):\n%s", by, diff)
				}
			}
		})
	}
}

// A member of an identity that is no number of bunq's is told by its name, and the message does not speak of an import id.
func TestIdentity_mistakes(t *testing.T) {
	t.Parallel()
	h := newThere(t)
	for name, id := range map[string]string{"the client_id": "0a1b2c", "a number that is too large": "9999999999999999999"} {
		_, told := h.Serve(t).ImportIdentity(t.Context(), "bunq_oauth_client", map[string]string{"user_id": fmt.Sprint(h.UserID), "id": id})
		if len(told) != 1 || told[0].Summary != "Unusable identity" {
			t.Fatalf("%s: said: %v", name, told)
		}
		said := told[0].Detail
		if want := fmt.Sprintf(`id of the identity is %q, but must be a whole number of at most 19 digits`, id); !strings.Contains(said, want) {
			t.Errorf("%s: said %q, want %q in it", name, said, want)
		}
		if strings.Contains(said, "USER_ID") {
			t.Errorf("%s: the form of an import id: %q", name, said)
		}
	}
}

package provider_test

import (
	"fmt"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

// recipe is one of the rotation guide.
type recipe struct {
	name string
	// newKey: another API key is made, so that the QSEAL key signs.
	newKey bool
	// inUse: the old key was accepted by bunq until the recipe ended it.
	inUse bool
	run   func(*testing.T, *rotation)
	made  map[string]int
}

func recipes() []recipe {
	all := map[string]int{postInstallation: 1, postCredential: 1, postDevice: 1}
	const homeless, home = "198.51.100.9", "127.0.0.1"
	return []recipe{
		{
			name: "certificate", newKey: true, inUse: true, made: all,
			run: func(t *testing.T, r *rotation) {
				r.newSeal(t)
				if r.way.signed {
					r.mustApply(t, targetInstall)
					r.sign(t)
				}
				r.mustApply(t)
			},
		},
		{
			name: "installation key", inUse: true, made: map[string]int{postInstallation: 1, postDevice: 1},
			run: func(t *testing.T, r *rotation) { r.mustApply(t, replaceInstall) },
		},
		{
			name: "dead key", newKey: true, made: all,
			run: func(t *testing.T, r *rotation) {
				if err := r.b.Sim.RevokeCredential(r.b.Sim.Snapshot().Credentials[0].ID); err != nil {
					t.Fatal(err)
				}
				r.replaceKey(t)
			},
		},
		{name: "leaked key", newKey: true, inUse: true, made: all, run: func(t *testing.T, r *rotation) { r.replaceKey(t) }},
		{
			name: "address", inUse: true, made: map[string]int{postInstallation: 1, postDevice: 1},
			run: func(t *testing.T, r *rotation) {
				list := fmt.Sprintf("permitted_ips = [%q]", homeless)
				r.write(t, list)
				r.mustApply(t)

				r.b.Sim.SetCallerIP(homeless)
				r.mustApply(t, replaceInstall)
				r.mustApply(t) // ends the old address
				if got := r.openTo(r.State(t).String(t, "bunq_psd2_credential.main", "id")); !slices.Equal(got, []string{homeless}) {
					t.Errorf("the key may be used from %v, not only from %s; %s was left", got, homeless, home)
				}
			},
		},
	}
}

// replaceKey replaces installation and credential: the only way to another key for the same certificate.
func (r *rotation) replaceKey(t *testing.T) {
	t.Helper()
	if !r.way.signed {
		r.mustApply(t, replaceInstall, replaceKey)
		return
	}
	r.mustApply(t, targetInstall, replaceInstall)
	r.sign(t)
	r.mustApply(t, replaceKey)
}

// Each recipe of the guide does what the guide says, whatever bunq's answer to a second device of an
// installation, with create_before_destroy and without, with the old key ended and kept, on a laptop and
// in a pipeline, with the QSEAL key here and elsewhere. The OAuth client, its client_id and its callback
// URL are there at each request.
func TestAccRotation(t *testing.T) {
	t.Parallel()
	n := 0
	for _, recipe := range recipes() {
		for bits := range 1 << 5 {
			on := func(bit int) bool { return bits>>bit&1 == 1 }
			way := rotationWay{secondDevice: string(bunqsim.Refused), createFirst: on(1), deactivate: on(2), pipeline: on(3), signed: on(4)}
			if on(0) {
				way.secondDevice = string(bunqsim.Accepted)
			}
			if way.signed && !recipe.newKey {
				continue
			}
			n++
			long := n%7 != 1 // each recipe and each way comes up in the short run, but not all pairs
			t.Run(recipe.name+", "+way.String(), func(t *testing.T) {
				if long {
					acctest.LongTest(t)
				}
				t.Parallel()
				rotate(t, recipe, way)
			})
		}
	}
}

func rotate(t *testing.T, recipe recipe, way rotationWay) {
	t.Helper()
	r := newRotation(t, way)
	before := r.State(t)
	oldKey := before.String(t, "bunq_psd2_credential.main", "id")

	recipe.run(t, r)

	if diff := cmp.Diff(recipe.made, r.made()); diff != "" {
		t.Errorf("the rotation made (-want +got):\n%s", diff)
	}
	r.MustHaveNothingToDo(t)
	r.mustBeUp(t, "at the end")
	state := r.State(t)
	if id := state.String(t, "bunq_oauth_client.main", "client_id"); id != r.clientID {
		t.Errorf("client_id is %s, was %s", id, r.clientID)
	}
	if id := state.String(t, "bunq_oauth_client.main", "id"); id != strconv.FormatInt(r.client, 10) {
		t.Errorf("the client is %s, was %d", id, r.client)
	}
	now := r.b.Sim.Snapshot()
	if n := len(now.Users); n != 1 {
		t.Errorf("bunq has %d users", n)
	}
	for _, i := range now.Installations {
		if n := len(slices.DeleteFunc(slices.Clone(now.Devices), func(d bunqsim.Device) bool { return d.InstallationID != i.ID })); n > 1 {
			t.Errorf("installation %d has %d devices", i.ID, n)
		}
	}

	key := state.String(t, "bunq_psd2_credential.main", "id")
	if (key != oldKey) != recipe.newKey {
		t.Errorf("the key is that of credential %s, was %s", key, oldKey)
	}
	if !recipe.newKey {
		return
	}
	// What is still in use is not cut off unless that is asked for. A dead key can only be ended by
	// another one, which is there in time if it is made first.
	open, ends := r.openTo(oldKey), way.deactivate && (recipe.inUse || way.createFirst)
	if ends != (len(open) == 0) {
		t.Errorf("the old key may be used from %v", open)
	}
}

// Another client_secret is another client: after a leak, and only if the configuration allows it.
func TestAccRotation_ofTheClientSecret(t *testing.T) {
	t.Parallel()
	r := newRotation(t, rotationWay{secondDevice: string(bunqsim.Refused)})
	r.watching.Store(false)
	r.apply(t, "-replace=bunq_oauth_client.main").MustSay(t, 1, "deletion_protection")

	r.unprotected = true
	r.write(t)
	r.mustApply(t)
	r.mustApply(t, "-replace=bunq_oauth_client.main")
	r.unprotected = false
	r.write(t)
	r.mustApply(t)
	r.MustHaveNothingToDo(t)

	now := r.b.Sim.Snapshot()
	active := now.ActiveOAuthClients(r.user)
	if len(active) != 1 || active[0] == r.client {
		t.Fatalf("the active clients are %v, the first one was %d", active, r.client)
	}
	if got := now.CallbackURLsOf(active[0]); !slices.Equal(got, []string{rotationCallback}) {
		t.Errorf("the callback URLs are %q", got)
	}
}

// A certificate of another organisation is another bunq user: the plan says so, names both, and
// nothing is touched.
func TestAccRotation_toAnotherUser(t *testing.T) {
	t.Parallel()
	r := newRotation(t, rotationWay{secondDevice: string(bunqsim.Refused)})
	first := r.subject
	r.subject.CommonName = "Second AISP PISP"
	r.newSeal(t)
	r.apply(t).MustSay(t, 1, "The certificate belongs to another organisation", "was registered for /CN=Rotation AISP PISP/C=NL, and this certificate is for "+
		"/CN=Second AISP PISP/C=NL", "cannot move to another user")
	if writes := r.b.Writes(0); len(writes) > 0 {
		t.Errorf("sent: %v", writes)
	}

	// With the right one again, the rotation goes on.
	r.subject = first
	r.newSeal(t)
	r.mustApply(t)
	r.MustHaveNothingToDo(t)
	r.mustBeUp(t, "at the end")
}

package lifecycle_test

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest/core"
)

// situation is something that a user is told about.
type situation struct {
	name string
	tell func(context.Context, *world) core.Notices
}

// What users are told, word for word. Each names the resource, the call, bunq's
// words and response id, what it means for the state, and the next step. A change
// is to be read as a user would: in a hurry, and without the code.
func TestMessages(t *testing.T) {
	mustKeys(t)
	list := slices.Concat(situationsOfCreate(), situationsOfRefresh(), situationsOfChange(), situationsOfImport(), situationsOfState())
	told := make([]string, len(list))
	for i, s := range list {
		t.Run(s.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				got := s.tell(t.Context(), w)
				if len(got) == 0 {
					t.Fatal("nothing was told")
				}
				told[i] = steady(got.String())
			})
		})
	}
	if t.Failed() || slices.Contains(told, "") {
		return
	}
	var sheet strings.Builder
	for i, s := range list {
		fmt.Fprintf(&sheet, "==== %s\n\n%s\n\n", s.name, told[i])
	}
	golden(t, "messages.txt", sheet.String())
}

var (
	uuid   = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)
	hex    = regexp.MustCompile(`[0-9a-f]{64}`)
	waited = regexp.MustCompile(`gave up after \S+ of waiting`)
	sofar  = regexp.MustCompile(`has waited \S+ for`)
	tried  = regexp.MustCompile(`tried \d+ times`)
	folder = regexp.MustCompile(`/\S*/bunq\.conf`)
)

// steady takes out what differs from run to run.
func steady(s string) string {
	s = uuid.ReplaceAllString(s, "(UUID)")
	s = hex.ReplaceAllString(s, "(CLIENT ID)")
	s = sofar.ReplaceAllString(s, "has waited (TIME) for")
	s = waited.ReplaceAllString(s, "gave up after (TIME) of waiting")
	s = tried.ReplaceAllString(s, "tried (N) times")
	return folder.ReplaceAllString(s, "(DIR)/bunq.conf")
}

// hit lets a fault happen to every call of a route from now on.
func hit(w *world, route, name string) {
	w.t.Helper()
	s := sample{call: call{route, 1}, fault: name, lasting: true}
	w.sim.Fail(s.armed(w.t))
}

// tells applies what changes, with the faults that arm sets between plan and
// apply; the plan may tell something too.
func tells(before, after func(*world) []declared, arm func(*world)) func(context.Context, *world) core.Notices {
	return func(ctx context.Context, w *world) core.Notices {
		w.t.Helper()
		if before != nil {
			made(before)(ctx, w)
		}
		p := w.plan(ctx, after(w))
		if len(p.notices.Errors()) > 0 {
			return p.notices
		}
		if arm != nil {
			arm(w)
		}
		return append(p.notices, w.apply(ctx, p)...)
	}
}

// meets is an apply in which every call of one route meets one fault.
func meets(before, after func(*world) []declared, route, name string) func(context.Context, *world) core.Notices {
	return tells(before, after, func(w *world) { hit(w, route, name) })
}

const (
	listClients  = "GET /user/{id}/oauth-client"
	makeClient   = "POST /user/{id}/oauth-client"
	readClient   = "GET /user/{id}/oauth-client/{id}"
	cancelClient = "PUT /user/{id}/oauth-client/{id}"
	addURL       = "POST /user/{id}/oauth-client/{id}/callback-url"
	changeURL    = "PUT /user/{id}/oauth-client/{id}/callback-url/{id}"
	removeURL    = "DELETE /user/{id}/oauth-client/{id}/callback-url/{id}"
	listIPs      = "GET /user/{id}/credential-password-ip/{id}/ip"
	addIP        = "POST /user/{id}/credential-password-ip/{id}/ip"
	changeIP     = "PUT /user/{id}/credential-password-ip/{id}/ip/{id}"
	listDevices  = "GET /device-server"
	readDevice   = "GET /device-server/{id}"
	makeDevice   = "POST /device-server"
	openSession  = "POST /session-server"
	readKey      = "GET /user/{id}/credential-password-ip/{id}"
)

func situationsOfCreate() []situation {
	inst, cred, dev := upTo(installation), upTo(credential), upTo(device)
	return []situation{
		{"installation: the answer was lost", meets(nil, inst, "POST /installation", "answer lost")},
		{"installation: bunq answered 500", meets(nil, inst, "POST /installation", "500, not done")},
		{"installation: no connection", meets(nil, inst, "POST /installation", "connection refused")},
		{"installation: rate limit for longer than max_wait", meets(nil, inst, "POST /installation", "429")},
		{"credential: the answer was lost", meets(inst, cred, "POST /payment-service-provider-credential", "answer lost")},
		{"credential: a wrong signature", meets(inst, cred, "POST /payment-service-provider-credential", "wrong signature")},
		{"credential: refused", meets(inst, cred, "POST /payment-service-provider-credential", "403")},
		{"device: not done", meets(nil, dev, makeDevice, "500, not done")},
		{"device: lost, and bunq cannot be asked", tells(nil, dev, func(w *world) {
			hit(w, makeDevice, "answer lost")
			hit(w, openSession, "502 with HTML, not done")
		})},
		{"device: refused", meets(nil, dev, makeDevice, refusedForGood)},
		{"device: made, but no session can be opened", meets(nil, dev, openSession, "502 with HTML, not done")},
		{"device: made, but key or address are refused", meets(nil, dev, openSession, refusedForGood)},
		{"client: the list of clients is not bunq's", meets(dev, upTo(client), listClients, "404 with HTML")},
		{"client: not done", meets(dev, upTo(client), makeClient, "500, not done")},
		{"client: lost, and bunq cannot be asked", tells(dev, upTo(client), func(w *world) {
			hit(w, makeClient, "answer lost")
			s := sample{call: call{listClients, 2}, fault: "502 with HTML, not done", lasting: true}
			w.sim.Fail(s.armed(w.t))
		})},
		{"client: made, but not read", meets(dev, upTo(client), readClient, "404 with HTML")},
		{"callback URL: not done", meets(upTo(client), upTo(callback), addURL, "500, not done")},
		{"callback URL: lost, and bunq cannot be asked", tells(upTo(client), upTo(callback), func(w *world) {
			hit(w, addURL, "answer lost")
			s := sample{call: call{readClient, 2}, fault: "502 with HTML, not done", lasting: true}
			w.sim.Fail(s.armed(w.t))
		})},
	}
}

func situationsOfRefresh() []situation {
	all := upTo(callback)
	reads := func(name, route, faultName string) situation {
		return situation{name, func(ctx context.Context, w *world) core.Notices {
			made(all)(ctx, w)
			hit(w, route, faultName)
			return w.plan(ctx, all(w)).notices
		}}
	}
	list := []situation{
		reads("refresh of the credential: 500", readKey, "500, not done"),
		reads("refresh of the device: a page that is not bunq's", readDevice, "404 with HTML"),
		{"refresh: no session can be opened", func(ctx context.Context, w *world) core.Notices {
			made(all)(ctx, w)
			if err := w.sim.ExpireSessions(); err != nil {
				w.t.Fatal(err)
			}
			hit(w, openSession, "500, not done")
			return w.plan(ctx, all(w)).notices
		}},
		{"refresh: the machine has moved", func(ctx context.Context, w *world) core.Notices {
			made(all)(ctx, w)
			w.sim.SetCallerIP(newAddress)
			return w.plan(ctx, all(w)).notices
		}},
	}
	for _, f := range faults() {
		if !f.committed || !f.twin {
			list = append(list, reads("refresh of the client: "+f.name, readClient, f.name))
		}
	}
	return list
}

func situationsOfChange() []situation {
	permitted, changed := upTo(device, permits(ownAddress, otherAddress)), upTo(device, permits(ownAddress, newAddress))
	ends := upTo(device, permits(ownAddress, otherAddress), assign(credential, "deactivate_on_destroy", core.Bool(true)))
	other := upTo(callback, assign(callback, "url", core.String("https://app.example.com/other")))
	return []situation{
		{"addresses: a new one is not added", meets(permitted, changed, addIP, "500, not done")},
		{"addresses: a new one is lost, and bunq cannot be asked", tells(permitted, changed, func(w *world) {
			hit(w, addIP, "answer lost")
			s := sample{call: call{listIPs, 2}, fault: "502 with HTML, not done", lasting: true}
			w.sim.Fail(s.armed(w.t))
		})},
		{"addresses: an old one is not deactivated", meets(permitted, changed, changeIP, "502 with HTML, not done")},
		{"credential: its addresses are not deactivated on destroy", meets(ends, upTo(""), changeIP, "500, not done")},
		{"client: not cancelled", meets(upTo(client), upTo(device), cancelClient, "500, not done")},
		{"client: cancelling is lost, and bunq cannot be asked", tells(upTo(client), upTo(device), func(w *world) {
			hit(w, cancelClient, "dropped before it was read")
			hit(w, readClient, "502 with HTML, not done")
		})},
		{"callback URL: not changed", meets(upTo(callback), other, changeURL, "502 with HTML, not done")},
		{"callback URL: not removed", meets(upTo(callback), upTo(client), removeURL, "403")},
		{"everything is destroyed", tells(upTo(callback), upTo(""), nil)},
	}
}

package onboarding

import (
	"context"
	"errors"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
	"github.com/openpsd2/terraform-provider-bunq/internal/session"
	"github.com/openpsd2/terraform-provider-bunq/internal/tfdiag"
)

// registration is one POST /device-server, made only once whatever happens: bunq has no idempotency
// key, and a device cannot be removed.
type registration struct {
	model      *deviceModel
	apiContext bunq.APIContext
	calls      *bunq.UserClient
	source     *session.Source
	notes      deviceNotes
	data       *providerdata.Data
	ledger     *deviceLedger
	request    bunq.DeviceServerRequest
	// fresh: the key was made in this run.
	fresh bool
	// before are the devices that bunq listed before the POST; nil if they were not read.
	before []bunq.DeviceServer
}

// registered is a device that bunq has for the key.
type registered struct {
	id int64
	// ip is the address that it was registered from; "" if no call showed it.
	ip string
	// adopted: it existed before.
	adopted bool
	// again: bunq registers the key only once, and has this device for it, which Terraform had
	// forgotten.
	again bool
}

func (r *DeviceServerResource) registration(ctx context.Context, m *deviceModel, diags *diag.Diagnostics) (*registration, bool) {
	access, ok := r.access(ctx, m, diags)
	if !ok {
		return nil, false
	}

	source := r.Data.Sessions.For(access.Context)
	g := &registration{
		model: m, apiContext: access.Context, calls: access.Calls, source: source, notes: deviceNotes{source},
		data: r.Data, ledger: ledgerOf(r.Data),
		request: bunq.DeviceServerRequest{Description: m.Description.ValueString(), Secret: access.Context.APIKey},
	}

	// Without addresses bunq permits the one that it sees, so that no list can lock this machine
	// out. "*" can only be set by a registration, together with concrete addresses (DOCUMENTED,
	// https://doc.bunq.com/tutorials/your-first-payment/creating-the-api-context/device-registration).
	if hasAny(m.PermittedIPs) {
		ips, more := addresses(ctx, m.PermittedIPs)
		diags.Append(more...)
		g.request.PermittedIPs = ips
	}
	return g, !diags.HasError()
}

// register returns the device of the key, made or adopted. A device is adopted only on evidence:
// this machine began to make it, or bunq says that the key has it.
//
// A key that was made in this run has no device, so nothing is looked up first.
func (g *registration) register(ctx context.Context) (registered, error) {
	g.fresh = isCreatedHere(g.data, g.apiContext.APIKey, g.apiContext.Installation.Token)
	if !g.fresh && !refusedLately(ctx, g.source, g.data.Now()) {
		// A key that bunq refuses has no usable device.
		list, err := g.calls.DeviceServers(ctx)
		if err != nil && !bunq.IsCredentialsRefused(err) {
			return registered{}, err
		}
		g.before = list
		found, err := g.begunEarlier(ctx)
		if err != nil {
			return registered{}, err
		}
		if found != nil {
			g.noteMade(ctx, found.ID)
			return registered{id: found.ID, ip: found.IP, adopted: true}, nil
		}
	}

	// bunq may accept a key that it refused before, once it is registered.
	g.source.ForgetRefusal()
	g.source.ClearNote(ctx, noteRefused)
	g.notes.begin(ctx, g.request.Description, deviceBegun{Before: idsOf(g.before)})

	id, err := g.data.Client.CreateDeviceServer(ctx, g.apiContext.Installation, g.request)
	switch {
	case err == nil:
		if known, old := g.answeredWithOld(ctx, id); old {
			g.notes.end(ctx, g.request.Description)
			return g.adoptAgain(ctx, known, nil)
		}
		g.noteMade(ctx, id)
		return registered{id: id}, nil
	case !bunq.OutcomeUnknown(err):
		g.notes.end(ctx, g.request.Description)
		if g.fresh || !refusesRequest(err) {
			return registered{}, err
		}
		if known := g.deviceOfKey(ctx); known != nil {
			return g.adoptAgain(ctx, *known, err)
		}
		return registered{}, err
	}

	return g.lookUp(ctx, err)
}

// noteMade notes the device that was made or adopted, until it is seen in the state.
func (g *registration) noteMade(ctx context.Context, id int64) {
	g.notes.begin(ctx, g.request.Description, deviceBegun{ID: providerdata.FormatID(id)})
	g.notes.setLast(ctx, providerdata.FormatID(id))
	g.ledger.change(providerdata.FormatID(id), func(e *deviceEntry) {
		e.apiContext, e.inState, e.released = g.apiContext.Fingerprint(), true, false
	})
}

// lookUp looks for the device of a POST whose answer was lost.
func (g *registration) lookUp(ctx context.Context, lost error) (registered, error) {
	var found *bunq.DeviceServer
	err := bunq.Confirm(lost, func() (bool, error) {
		list, err := g.calls.DeviceServers(ctx)
		if bunq.IsCredentialsRefused(err) {
			return false, nil // with the device, bunq would have accepted this machine: there is none
		}

		before := idsOf(g.before)
		found = g.newest(list, func(d bunq.DeviceServer) bool {
			return !slices.Contains(before, providerdata.FormatID(d.ID)) && g.mayAdopt(d)
		})
		return found != nil, err
	})
	if err != nil {
		if !bunq.OutcomeUnknown(err) {
			g.notes.end(ctx, g.request.Description)
		}
		return registered{}, err
	}

	g.noteMade(ctx, found.ID)
	return registered{id: found.ID, ip: found.IP}, nil
}

// begunEarlier returns the device that an interrupted run of this machine made; nil if there is
// none.
func (g *registration) begunEarlier(ctx context.Context) (*bunq.DeviceServer, error) {
	begun, noted := g.notes.begun(ctx, g.request.Description)
	if noted {
		return g.newest(g.before, func(d bunq.DeviceServer) bool {
			id := providerdata.FormatID(d.ID)
			return g.mayAdopt(d) && (id == begun.ID || begun.ID == "" && !slices.Contains(begun.Before, id))
		}), nil
	}
	if g.source.Persists() && !g.beganElsewhere(ctx) {
		return nil, nil
	}

	// No note could be kept, or another machine has it. Only the newest device with this description
	// can be the one that was lost, and only if no other key was first used with a device like it. It
	// may also be the one that create_before_destroy replaces, which an apply without notes cannot
	// see: that one is then kept, which loses nothing but "*".
	if hasAny(g.model.PermittedIPs) {
		return nil, nil
	}
	found := g.newest(g.before, func(bunq.DeviceServer) bool { return true })
	if found == nil || !g.mayAdopt(*found) {
		return nil, nil
	}

	id, err := credentialID(ctx, g.calls, g.model, knownCredential{id: providerdata.CredentialOf(ctx, g.source), ip: found.IP})
	var several *ambiguousError
	if errors.As(err, &several) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	all, err := g.calls.Credentials(ctx)
	if err != nil || slices.ContainsFunc(all, func(c bunq.Credential) bool { return c.ID != id && registeredAs(c, *found) }) {
		return nil, err
	}
	return found, nil
}

// beganElsewhere reports whether an interrupted run can only have been another machine's, and whether
// the devices of the state are known all the same: this machine planned the device, and knows none of
// the key.
func (g *registration) beganElsewhere(ctx context.Context) bool {
	return plannedHere(g.data, g.apiContext) && g.notes.last(ctx) == "" && len(g.notes.inState(ctx)) == 0
}

// newest returns the active device with the wanted description that was made last.
func (g *registration) newest(list []bunq.DeviceServer, matches func(bunq.DeviceServer) bool) *bunq.DeviceServer {
	var found *bunq.DeviceServer
	for i, d := range list {
		if d.Status == bunq.StatusActive && d.Description == g.request.Description && matches(d) && (found == nil || d.ID > found.ID) {
			found = &list[i]
		}
	}
	return found
}

// mayAdopt reports whether no resource is the device already, and none gave it up in this run.
func (g *registration) mayAdopt(d bunq.DeviceServer) bool {
	e := g.ledger.of(providerdata.FormatID(d.ID))
	return !e.inState && !e.released
}

func idsOf(list []bunq.DeviceServer) []string {
	ids := make([]string, len(list))
	for i, d := range list {
		ids[i] = providerdata.FormatID(d.ID)
	}
	return ids
}

// registeredAs reports whether bunq shows the device as the one that the key was first used with.
func registeredAs(c bunq.Credential, d bunq.DeviceServer) bool {
	return c.PermittedDevice != nil && c.PermittedDevice.Description == d.Description && sameAddress(c.PermittedDevice.IP, d.IP)
}

// explain returns what a failed registration means.
func (g *registration) explain(err error) tfdiag.Failure {
	f := tfdiag.Failure{Summary: "bunq_device_server was not registered", State: "nothing was stored, and no device was made."}
	var taken *keyTakenError
	switch {
	case errors.As(err, &taken):
		f.Summary = "The API key has a device already"
		f.State = "nothing was stored, and no second device was made."
		f.Next = taken.next()
	case bunq.OutcomeUnknown(err):
		f.State = "nothing was stored. bunq may have registered the device; this could not be checked."
		f.Next = "apply again: the device is looked up with the key before another one is registered."
	case bunq.IsCredentialsRefused(err):
		f.Next = "check, the likeliest first:\n" +
			"  1. A key that is in use can only be registered from one of its permitted addresses. Is this machine's public address one of them?\n" +
			"  2. Was the key not used in time (sandbox 1 hour, production 4 hours), or is it from another environment? Then it cannot be used here. If " +
			"this configuration made it, make another one: terraform apply -refresh=false -replace=bunq_psd2_credential.NAME."
	case bunq.IsTemporarilyRefused(err): // the error itself says to wait
	case hasAny(g.model.PermittedIPs) || !g.fresh && refusesRequest(err):
		f.Next = "fix what bunq reports."
		if hasAny(g.model.PermittedIPs) {
			f.Next += ` If it is "*": bunq accepts it only for a key that has no permitted address yet. Remove "*" from permitted_ips and apply again.`
		}
		if !g.fresh && refusesRequest(err) {
			f.Next += " If it is that the key is registered already: bunq may register a key only once (its documentation does not say so), and does not say " +
				"which device this key has."
		}
		f.Next += " Another key leads out of that: make one in the same apply (terraform apply -replace=bunq_psd2_credential.NAME), or use one that you have."
	}
	return f
}

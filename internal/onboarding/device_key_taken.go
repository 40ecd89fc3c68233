package onboarding

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
)

// What bunq does with a key that is registered a second time is UNKNOWN. It may
// make another device, answer with the one that is there, or refuse. This file
// deals with the latter two.

// keyTakenError means that bunq keeps to the device that the key has, and that it
// is not the one that is wanted.
type keyTakenError struct {
	device bunq.DeviceServer
	// refusal is what bunq said; nil where it answered with the device itself.
	refusal error
	// wanted is the description in the configuration.
	wanted string
	// inState says that another resource is this device.
	inState bool
	// any says that "*" was to be permitted, which only a registration can do.
	any bool
}

// Error says which device the key has.
func (e *keyTakenError) Error() string {
	text := fmt.Sprintf("bunq has registered this API key as device %d %s, from %s", e.device.ID, strconv.Quote(e.device.Description), e.device.IP)
	if e.refusal == nil {
		return text + ", and answered with it instead of making another one"
	}
	return text + ", and refused to register it again: " + e.refusal.Error()
}

func (e *keyTakenError) next() string {
	name := strconv.Quote(e.device.Description)
	another := " To register another device, make another key in the same apply (terraform apply -replace=bunq_psd2_credential.NAME), or use another one."
	switch {
	case e.any:
		return `remove "*" from permitted_ips: only a registration can set it.` + another
	case e.inState:
		return "another resource of this state, or the one that is being replaced, is device " + providerdata.FormatID(e.device.ID) + ". Keep that one: description = " + name +
			", no -replace, and no second bunq_device_server for this key. If no state has it any more (terraform state rm), apply again: " +
			"it is then adopted." + another
	case e.wanted != e.device.Description:
		return "if bunq names another cause above, correct that. Otherwise it registers a key once only (its documents do not say so): set description = " + name +
			" and apply; device " + providerdata.FormatID(e.device.ID) + " is then adopted again." + another
	}
	return another[1:]
}

// refusesRequest reports whether bunq looked at the request and refused it, for
// a reason other than the key, the address or the installation.
func refusesRequest(err error) bool {
	var api *bunq.APIError
	return errors.As(err, &api) && api.Envelope && (api.Status == http.StatusBadRequest || api.Status == statusUserError) && !bunq.IsCredentialsRefused(err)
}

// statusUserError is bunq's second number for a request that it refuses (bunq
// docs, "Errors").
const statusUserError = 490

// answeredWithOld reports whether bunq answered the POST with a device that was there
// before: it was listed, or a resource of this run has it.
func (g *registration) answeredWithOld(ctx context.Context, id int64) (bunq.DeviceServer, bool) {
	if i := slices.IndexFunc(g.before, func(d bunq.DeviceServer) bool { return d.ID == id }); i >= 0 {
		return g.before[i], true
	}
	if e := g.ledger.of(providerdata.FormatID(id)); !e.inState && !e.released {
		return bunq.DeviceServer{}, false
	}
	if d, err := g.calls.DeviceServer(ctx, id); err == nil {
		return *d, true
	}
	return bunq.DeviceServer{ID: id}, true
}

// holder is the device that the key was registered with before; nil where that
// cannot be told. The list holds the devices of other keys, too.
func (g *registration) deviceOfKey(ctx context.Context) *bunq.DeviceServer {
	last := g.notes.last(ctx)
	if i := slices.IndexFunc(g.before, func(d bunq.DeviceServer) bool {
		return d.Status == bunq.StatusActive && providerdata.FormatID(d.ID) == last
	}); i >= 0 {
		return &g.before[i]
	}

	inState := g.notes.inState(ctx)
	mine := func(d bunq.DeviceServer) bool {
		e := g.ledger.of(providerdata.FormatID(d.ID))
		return e.apiContext == g.apiContext.Fingerprint() || slices.Contains(inState, providerdata.FormatID(d.ID))
	}
	if found := g.newest(g.before, mine); found != nil {
		return found
	}
	if i := slices.IndexFunc(g.before, func(d bunq.DeviceServer) bool { return d.Status == bunq.StatusActive && mine(d) }); i >= 0 {
		return &g.before[i]
	}

	// Nothing is known here, but bunq shows the device that the key was first used
	// with. Another key may have one just like it.
	id, err := credentialID(ctx, g.calls, g.model, knownCredential{id: credentialOf(ctx, g.source)})
	if err != nil {
		return nil
	}

	all, err := g.calls.Credentials(ctx)
	if err != nil {
		return nil
	}
	i := slices.IndexFunc(all, func(c bunq.Credential) bool { return c.ID == id })
	if i < 0 {
		return nil
	}

	var found *bunq.DeviceServer
	for k, d := range g.before {
		if d.Status != bunq.StatusActive || !registeredAs(all[i], d) || g.ledger.of(providerdata.FormatID(d.ID)).apiContext != "" {
			continue
		}
		if found != nil {
			return nil
		}
		found = &g.before[k]
	}
	return found
}

// again uses the device that the key has, if Terraform had given it up and it is
// what the configuration wants.
func (g *registration) adoptAgain(ctx context.Context, d bunq.DeviceServer, refusal error) (registered, error) {
	id, e := providerdata.FormatID(d.ID), g.ledger.of(providerdata.FormatID(d.ID))
	taken := &keyTakenError{device: d, refusal: refusal, wanted: g.request.Description, any: hasAny(g.model.PermittedIPs)}
	taken.inState = !e.released && (e.inState || slices.Contains(g.notes.inState(ctx), id))

	if taken.inState {
		// If it is in no state after all, the next plan does not note it again, and
		// the next apply adopts it.
		g.notes.setInState(ctx, id, false)
	}
	if taken.any || taken.inState || d.Description != g.request.Description {
		return registered{}, taken
	}

	g.noteMade(ctx, d.ID)
	return registered{id: d.ID, ip: d.IP, adopted: true, again: true}, nil
}

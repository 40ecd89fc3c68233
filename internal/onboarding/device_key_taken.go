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

// What bunq does with a key that is registered a second time is UNKNOWN. It may make another
// device, return the existing one, or refuse. This file handles the latter two.

// keyTakenError means that bunq made no device because the key has one, which is not the one that
// is wanted.
type keyTakenError struct {
	device bunq.DeviceServer
	// refusal is bunq's error; nil if it returned the device itself.
	refusal error
	// wanted is the description in the configuration.
	wanted string
	// inState: another resource is this device.
	inState bool
	// any: "*" was to be permitted, which only a registration can do.
	any bool
}

// Error names the device that the key has.
func (e *keyTakenError) Error() string {
	text := fmt.Sprintf("bunq has registered this API key as device %d %s, from %s", e.device.ID, strconv.Quote(e.device.Description), e.device.IP)
	if e.refusal == nil {
		return text + ", and returned it instead of making another one"
	}
	return text + ", and refused to register it again: " + e.refusal.Error()
}

func (e *keyTakenError) next() string {
	name := strconv.Quote(e.device.Description)
	another := " To register another device, use another key, or make one in the same apply (terraform apply -replace=bunq_psd2_credential.NAME)."
	switch {
	case e.any:
		return `remove "*" from permitted_ips: it can only be set by registering a device.` + another
	case e.inState:
		return "another resource of this state, or the one being replaced, is device " + providerdata.FormatID(e.device.ID) + ". Keep that one: set " +
			"description = " + name + ", apply without -replace, and declare no second bunq_device_server for this key. If it is no longer in any state " +
			"(terraform state rm), apply again: it is then adopted." + another
	case e.wanted != e.device.Description:
		return "if bunq names another cause above, fix that. Otherwise bunq registers a key only once (its documentation does not say so): set " +
			"description = " + name + " and apply; device " + providerdata.FormatID(e.device.ID) + " is then adopted." + another
	}
	return another[1:]
}

// refusesRequest reports whether bunq read the request and refused it, for a reason other than the
// key, the address or the installation.
func refusesRequest(err error) bool {
	var api *bunq.APIError
	return errors.As(err, &api) && api.Envelope && (api.Status == http.StatusBadRequest || api.Status == statusUserError) && !bunq.IsCredentialsRefused(err) && !bunq.IsTemporarilyRefused(err)
}

// statusUserError is bunq's second status for a request that it refuses (DOCUMENTED,
// https://doc.bunq.com/basics/errors).
const statusUserError = 490

// answeredWithOld reports whether bunq answered the POST with a device that existed before: it was
// listed, or a resource of this run has it.
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

// deviceOfKey returns the device that the key was registered with before; nil if that is not known.
// bunq may list the devices of other keys, too (UNKNOWN).
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

	// This machine knows nothing, but bunq shows the device that the key was first used with.
	// Another key may have one just like it.
	id, err := credentialID(ctx, g.calls, g.model, knownCredential{id: providerdata.CredentialOf(ctx, g.source)})
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

// adoptAgain returns the device that the key has, if Terraform had forgotten it and it is what the
// configuration wants.
func (g *registration) adoptAgain(ctx context.Context, d bunq.DeviceServer, refusal error) (registered, error) {
	id, e := providerdata.FormatID(d.ID), g.ledger.of(providerdata.FormatID(d.ID))
	taken := &keyTakenError{device: d, refusal: refusal, wanted: g.request.Description, any: hasAny(g.model.PermittedIPs)}
	taken.inState = !e.released && (e.inState || slices.Contains(g.notes.inState(ctx), id))

	if taken.inState {
		// If it is in no state after all, the next plan does not note it again, and the next apply
		// adopts it.
		g.notes.setInState(ctx, id, false)
	}
	if taken.any || taken.inState || d.Description != g.request.Description {
		return registered{}, taken
	}

	g.noteMade(ctx, d.ID)
	return registered{id: d.ID, ip: d.IP, adopted: true, again: true}, nil
}

package onboarding

import (
	"cmp"
	"context"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
	"github.com/openpsd2/terraform-provider-bunq/internal/session"
	"github.com/openpsd2/terraform-provider-bunq/internal/tfdiag"
)

// diagnostics shortens the signatures of this package.
type diagnostics = diag.Diagnostics

// Statuses of a device (bunq docs, GET /device-server).
const (
	deviceActive            = "ACTIVE"
	deviceNeedsConfirmation = "NEEDS_CONFIRMATION"
)

// registration is one POST /device-server, made once whatever happens: bunq
// has no idempotency key, and a device cannot be removed.
type registration struct {
	data    *providerdata.Data
	context bunq.APIContext
	calls   *bunq.UserClient
	source  *session.Source
	request bunq.DeviceServerRequest
}

func (r *DeviceServerResource) registration(ctx context.Context, m *deviceModel, diags *diagnostics) (*registration, bool) {
	access, ok := r.access(ctx, m, diags)
	if !ok {
		return nil, false
	}
	ips, more := addresses(ctx, m.PermittedIPs)
	diags.Append(more...)
	return &registration{
		data: r.Data, context: access.Context, calls: access.Calls, source: r.Data.Sessions.For(access.Context),
		request: bunq.DeviceServerRequest{Description: m.Description.ValueString(), Secret: access.Context.APIKey, PermittedIPs: ips},
	}, !diags.HasError()
}

// register returns the id of the device, and whether it was there before.
//
// A key that works already has a device: an earlier run may have made it
// and not lived to store it. So unless key or installation were made in this
// run, bunq is asked first. The same is done where the answer to the POST is
// lost.
func (g *registration) register(ctx context.Context) (id int64, taken bool, err error) {
	if g.usedBefore() && !refusedLately(ctx, g.source, g.data.Now()) {
		id, err := g.existing(ctx)
		// A key that bunq refuses has no device that is of use.
		if err != nil && !bunq.IsCredentialsRefused(err) || id != 0 {
			return id, true, err
		}
	}
	// Whatever bunq said of this key before, it may say otherwise once it is registered.
	g.source.ForgetRefusal()
	g.source.Unnote(ctx, noteRefused)
	id, err = g.data.Client.CreateDeviceServer(ctx, g.context.Installation, g.request)
	if err == nil || !bunq.MayHaveBeenDone(err) {
		return id, false, err
	}
	found, lookErr := g.existing(ctx)
	switch {
	case bunq.IsCredentialsRefused(lookErr) && len(g.request.PermittedIPs) == 0:
		// The device would have let this machine in: there is none.
		return 0, false, &bunq.UnansweredError{Err: err}
	case lookErr != nil:
		return 0, false, &bunq.UnansweredError{Err: err, LookUp: lookErr}
	case found == 0:
		return 0, false, &bunq.UnansweredError{Err: err}
	}
	return found, false, nil
}

// usedBefore reports whether a device may have been registered with the key
// before: neither key nor installation was made in this run.
func (g *registration) usedBefore() bool {
	return !g.data.IsMadeHere(g.context.APIKey, g.context.Installation.Token)
}

// existing finds the device of this key and description; 0 where bunq has none.
func (g *registration) existing(ctx context.Context) (int64, error) {
	devices, err := g.calls.DeviceServers(ctx)
	if err != nil {
		return 0, err
	}
	// Newest first: where several fit, the last one made is the one that was lost.
	slices.SortFunc(devices, func(a, b bunq.DeviceServer) int { return cmp.Compare(b.ID, a.ID) })
	for _, d := range devices {
		if d.Status == deviceActive && d.Description == g.request.Description && !g.data.IsLetGo("device-server", itoa(d.ID)) {
			return d.ID, nil
		}
	}
	return 0, nil
}

func (g *registration) explain(err error) tfdiag.Failure {
	f := tfdiag.Failure{Summary: "bunq_device_server was not registered", State: "nothing was stored, and no device was made."}
	switch {
	case bunq.MayHaveBeenDone(err):
		f.State = "nothing was stored. bunq may have registered the device; it could not be asked."
		f.Next = "apply again: the device is looked up with the key before another one is made."
	case bunq.IsCredentialsRefused(err):
		f.Next = "compare the public address of this machine with the permitted ones of the key, if it is in use already; a key that was not used in time, " +
			"or was made in another environment, is dead: register the credential again (terraform apply -refresh=false -replace=bunq_psd2_credential.NAME)."
	}
	return f
}

package onboarding

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
	"github.com/openpsd2/terraform-provider-bunq/internal/tfdiag"
)

// register returns the device that bunq made, or the one that the installation has already: that
// of an answer that was lost, or one that no state knows any more. A device that was made has
// nothing but its ID.
//
// A session decides what there is: bunq opens one only for a key that is registered on the
// installation (inferred). Adopting a device loses nothing, as its destroy only forgets it.
func (r *DeviceServerResource) register(ctx context.Context, access *providerdata.Access, request bunq.DeviceServerRequest) (device bunq.DeviceServer, adopted bool, err error) {
	for again := false; ; again = true {
		id, err := r.Data.Client.CreateDeviceServer(ctx, access.Context.Installation, request)
		lost, taken := bunq.OutcomeUnknown(err), bunq.IsDeviceTaken(err)
		if err != nil && !lost && !taken {
			return bunq.DeviceServer{}, false, err
		}
		// What bunq has refused was the key before it was registered.
		r.Data.Sessions.For(access.Context).ForgetRefusal()
		if err == nil {
			return bunq.DeviceServer{ID: id}, false, nil
		}

		list, look := access.Calls.DeviceServers(ctx)
		if found := newestDevice(list, request.Description); found != nil {
			return *found, true, nil
		}
		switch {
		case taken:
			return bunq.DeviceServer{}, false, &takenError{error: err, devices: list, session: look}
		case again || look != nil && !bunq.IsCredentialsRefused(look):
			return bunq.DeviceServer{}, false, &bunq.UnansweredError{Err: err, LookUp: look}
		}
	}
}

// deviceRequest returns what is sent. Without addresses bunq permits the one that it sees, so that
// no list can lock this machine out. "*" can only be set by a registration, together with concrete
// addresses (DOCUMENTED,
// https://doc.bunq.com/tutorials/your-first-payment/creating-the-api-context/device-registration).
func deviceRequest(m *deviceModel, key bunq.Secret) bunq.DeviceServerRequest {
	request := bunq.DeviceServerRequest{Description: m.Description.ValueString(), Secret: key}
	if hasAny(m.PermittedIPs) {
		request.PermittedIPs = addresses(m.PermittedIPs)
	}
	return request
}

// newestDevice returns the active device with the description that was made last.
func newestDevice(list []bunq.DeviceServer, description string) *bunq.DeviceServer {
	var found *bunq.DeviceServer
	for i, d := range list {
		if d.Status == bunq.StatusActive && d.Description == description && (found == nil || d.ID > found.ID) {
			found = &list[i]
		}
	}
	return found
}

// takenError is bunq's refusal because the installation has a device, which is not the one that is
// wanted.
type takenError struct {
	error

	// session is why the devices could not be read; nil if they were.
	session error
	devices []bunq.DeviceServer
}

// Unwrap returns bunq's answer.
func (e *takenError) Unwrap() error { return e.error }

func (e *takenError) explain() tfdiag.Failure {
	state := "nothing was stored, and no device was made. "
	ways := []string{"if another bunq_device_server is on the same installation: it has to go, or gets a bunq_installation of its own"}
	if e.session != nil {
		state += "Which device the installation has is not known, as no session was opened with this key. " + tfdiag.Sentence(e.session)
	} else {
		state += "bunq lists:"
	}

	for _, d := range e.devices {
		state += fmt.Sprintf("\n  - device %d %s, registered from %s, %s", d.ID, strconv.Quote(d.Description), d.IP, d.Status)
		if d.Status == bunq.StatusActive {
			ways = append(ways, "to adopt device "+providerdata.FormatID(d.ID)+", set description = "+strconv.Quote(d.Description)+", then terraform apply")
		}
	}
	return tfdiag.Failure{
		Summary: "The installation has another device", State: state,
		Next: waysOut(append(ways, "make another installation, and with it another device: "+replaceInstallation)...),
	}
}

// notRegistered returns what a failed registration means.
func notRegistered(err error, request bunq.DeviceServerRequest) tfdiag.Failure {
	f := tfdiag.Failure{Summary: "bunq_device_server was not registered", State: "nothing was stored, and no device was made."}
	var taken *takenError
	switch {
	case errors.As(err, &taken):
		return taken.explain()
	case bunq.OutcomeUnknown(err):
		f.State = "nothing was stored. bunq may have registered the device; this could not be checked."
		f.Next = "apply again: a device that bunq has registered is adopted."
	case bunq.IsCredentialsRefused(err):
		f.Next = "check, the likeliest first:" + waysOut(
			"a key that is in use can only be registered from one of its permitted addresses: is this machine's public address one of them?",
			"a key that was not used in time (sandbox 1 hour, production 4 hours), or is from another environment, cannot be used. If this "+
				"configuration made it, make another one: "+replaceBoth)
	case len(request.PermittedIPs) > 0:
		f.Next = "fix what bunq reports. If it is \"*\": bunq accepts it only for a key that has no permitted address yet." + waysOut(
			"remove \"*\" from permitted_ips, then terraform apply",
			"make another key: "+replaceBoth)
	}
	return f
}

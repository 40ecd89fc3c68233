package onboarding

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/hashicorp/terraform-plugin-framework/diag"

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
func (r *DeviceServerResource) register(ctx context.Context, access *providerdata.Access, m *deviceModel, diags *diag.Diagnostics) (device bunq.DeviceServer, ok bool) {
	// Without addresses bunq permits the one that it sees, so that no list can lock this machine
	// out. "*" can only be set by a registration, together with concrete addresses (DOCUMENTED,
	// https://doc.bunq.com/tutorials/your-first-payment/creating-the-api-context/device-registration).
	request := bunq.DeviceServerRequest{Description: m.Description.ValueString(), Secret: access.Context.APIKey}
	if hasAny(m.PermittedIPs) {
		request.PermittedIPs = addresses(m.PermittedIPs)
	}

	for again := false; ; again = true {
		id, err := r.Data.Client.CreateDeviceServer(ctx, access.Context.Installation, request)
		lost, taken := bunq.OutcomeUnknown(err), bunq.IsDeviceTaken(err)
		if err != nil && !lost && !taken {
			notRegistered(m, err).Error(diags, err)
			return device, false
		}
		// What bunq has refused was the key before it was registered.
		r.Data.Sessions.For(access.Context).ForgetRefusal()
		if err == nil {
			return bunq.DeviceServer{ID: id}, true
		}

		list, look := access.Calls.DeviceServers(ctx)
		if i := slices.IndexFunc(list, func(d bunq.DeviceServer) bool { // the newest comes first
			return d.Status == bunq.StatusActive && d.Description == request.Description
		}); i >= 0 {
			warnAdopted(list[i], diags)
			return list[i], true
		}

		switch {
		case taken:
			installationTaken(list, look).Error(diags, err)
			return device, false
		case again || look != nil && !bunq.IsCredentialsRefused(look):
			err = &bunq.UnansweredError{Err: err, LookUp: look}
			notRegistered(m, err).Error(diags, err)
			return device, false
		}
	}
}

// warnAdopted warns that bunq had the device already.
func warnAdopted(d bunq.DeviceServer, diags *diag.Diagnostics) {
	diags.AddWarning("Existing device adopted", fmt.Sprintf(
		"The installation has device %d %s already, registered from %s. It was adopted; no second one was made. Causes: an answer of bunq that was lost, an "+
			"interrupted run, terraform taint, a block that was renamed without moved, or a second block for the same installation, which should go.",
		d.ID, strconv.Quote(d.Description), d.IP))
}

// installationTaken explains bunq's refusal because the installation has a device, none of which is
// the one that is wanted. look is why they could not be read.
func installationTaken(list []bunq.DeviceServer, look error) tfdiag.Failure {
	state := "nothing was stored, and no device was made. bunq lists:"
	ways := []string{"if another bunq_device_server is on the same installation: it has to go, or gets a bunq_installation of its own"}
	if look != nil {
		state = "nothing was stored, and no device was made. No session was opened with this key, so it is not known which device there is. " + tfdiag.Sentence(look)
	}

	for _, d := range list {
		state += fmt.Sprintf("\n  - device %d %s, registered from %s, %s", d.ID, strconv.Quote(d.Description), d.IP, d.Status)
		if d.Status == bunq.StatusActive {
			ways = append(ways, "to adopt device "+providerdata.FormatID(d.ID)+", set description = "+strconv.Quote(d.Description)+", then terraform apply")
		}
	}
	ways = append(ways, "make another installation, and with it another device: "+replaceInstallation)
	return tfdiag.Failure{Summary: "The installation has another device", State: state, Next: waysOut(ways...)}
}

// notRegistered explains why no device was made.
func notRegistered(m *deviceModel, err error) tfdiag.Failure {
	f := tfdiag.Failure{Summary: "bunq_device_server was not registered", State: "nothing was stored, and no device was made."}
	switch {
	case bunq.OutcomeUnknown(err):
		f.State = "nothing was stored. bunq may have registered the device; this could not be checked."
		f.Next = "apply again: a device that bunq has registered is adopted."
	case bunq.IsCredentialsRefused(err):
		f.Next = "check, the likeliest first:" + waysOut(
			"a key that is in use can only be registered from one of its permitted addresses: is this machine's public address one of them?",
			"a key that was made elsewhere: was it copied whole?",
			"a key that was not used in time (sandbox 1 hour, production 4 hours), or is from another environment, cannot be used. If this "+
				"configuration made it, make another one: "+replaceBoth)
	case bunq.IsTemporarilyRefused(err): // the error itself says to wait
	case hasAny(m.PermittedIPs):
		f.Next = `fix what bunq reports. If it is "*": bunq accepts it only for a key that has no permitted address yet.` + waysOut(
			`remove "*" from permitted_ips, then terraform apply`,
			"make another key: "+replaceBoth)
	}
	return f
}

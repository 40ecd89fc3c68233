package bunqsim

import (
	"slices"
	"time"
	"unicode/utf8"
)

// maxDescription is the most characters of a device's description. bunq's is not known.
const maxDescription = 255

func createDevice(c *call) (reply, *apiError) {
	if c.set.SecondDeviceOfInstallation == Refused && c.hasDevice(c.inst.ID) {
		return reply{}, errDeviceExists()
	}

	description := c.body.strings["description"]
	if n := utf8.RuneCountInString(description); n < 1 || n > maxDescription {
		return reply{}, errInvalidValue("description")
	}
	key := c.body.strings["secret"]
	cred := first(c.st.Credentials, func(k *Credential) bool { return k.Key == key })
	if c.braked() {
		return reply{}, errTryAgain()
	}
	if cred == nil || !cred.alive() {
		c.wrongKey()
		return reply{}, errCredentialsIncorrect()
	}
	if c.set.PendingKeyElsewhere == Refused && c.pendingElsewhere(cred) {
		return reply{}, errCredentialsIncorrect()
	}
	if known := len(c.addresses(cred)) > 0; known && !c.permitted(cred) {
		return reply{}, errCredentialsIncorrect()
	}

	ips, e := c.devicePermits(cred)
	if e != nil {
		return reply{}, e
	}
	d := &Device{
		ID: c.st.nextID("device"), UserID: cred.UserID, CredentialID: cred.ID, InstallationID: c.inst.ID,
		Description: description, IP: c.ip, Status: DeviceActive, Created: c.now, Updated: c.now,
	}
	c.st.Devices = append(c.st.Devices, d)

	for _, ip := range ips {
		c.permit(cred, ip, PermittedIPActive)
	}
	if c.set.FirstUse == ByDeviceServer {
		c.activate(cred, d)
	}
	return replyID(d.ID), nil
}

// brake counts the wrong keys that were registered on an installation.
type brake struct {
	wrong int
	until time.Time
}

// brakeTime is how long keys are refused after too many wrong ones. bunq's is not known.
const brakeTime = time.Minute

// braked reports whether the installation's keys are refused for a while, whatever they are.
func (c *call) braked() bool {
	b := c.sim.brakes[c.inst.ID]
	return b != nil && c.now.Before(b.until)
}

func (c *call) wrongKey() {
	b := c.sim.brakes[c.inst.ID]
	if b == nil {
		b = &brake{}
		c.sim.brakes[c.inst.ID] = b
	}
	if b.wrong++; c.set.BrakeAfterWrongKeys > 0 && b.wrong >= c.set.BrakeAfterWrongKeys {
		*b = brake{until: c.now.Add(brakeTime)}
	}
}

// hasDevice reports whether a device was registered on an installation, whatever became of it.
func (c *call) hasDevice(installationID int64) bool {
	return slices.ContainsFunc(c.st.Devices, func(d *Device) bool { return d.InstallationID == installationID })
}

// pendingElsewhere reports whether the key waits for its first use and was made with another
// installation than the caller's. A sandbox user's key is made with none.
func (c *call) pendingElsewhere(cred *Credential) bool {
	return cred.Status == CredentialPendingFirstUse && cred.InstallationID != 0 && cred.InstallationID != c.inst.ID
}

// devicePermits works out which addresses a registration permits: those posted, or the caller's,
// with the rules of "*".
func (c *call) devicePermits(cred *Credential) ([]string, *apiError) {
	var out []string
	star, caller := false, false
	for _, text := range c.body.arrays["permitted_ips"] {
		if text == anyAddress {
			star = true
			continue
		}
		if !c.validIP(text) {
			return nil, errInvalidValue("permitted_ips")
		}
		caller = caller || sameAddress(text, c.ip)
		if !slices.ContainsFunc(out, func(o string) bool { return sameAddress(o, text) }) {
			out = append(out, text)
		}
	}
	if !star {
		if len(out) == 0 {
			return []string{c.ip}, nil
		}
		return out, nil
	}
	// Beside others, "*" without the caller's own address is replaced by it.
	if !caller && (len(out) > 0 || c.set.LoneWildcard == CallerOnly) {
		return append(out, c.ip), nil
	}
	concrete, open := false, false
	for _, p := range c.addresses(cred) {
		open = open || p.IP == anyAddress
		concrete = concrete || p.IP != anyAddress && p.Status == PermittedIPActive
	}
	if concrete && !open {
		switch c.set.WildcardAfterConcrete {
		case Refused:
			return nil, errIPInvalid(anyAddress)
		case Ignored:
			return out, nil
		}
	}
	return append(out, anyAddress), nil
}

// listed reports whether the caller may see a device: those of the session's user, with an
// installation token those of the installation.
func (c *call) listed(d *Device) bool {
	if c.sess == nil || c.set.DeviceList == OfInstallation {
		return d.InstallationID == c.inst.ID
	}
	return d.UserID == c.user.ID
}

func findDevice(c *call) *apiError {
	c.device = first(c.st.Devices, func(d *Device) bool { return d.ID == c.ids[0] && c.listed(d) })
	if c.device == nil {
		return errNotFound("Device server", c.ids[0])
	}
	return nil
}

func deviceElement(d *Device) element {
	return element{"DeviceServer", wireDevice{ID: d.ID, Created: wireTime(d.Created), Updated: wireTime(d.Updated),
		Description: d.Description, IP: d.IP, Status: d.Status}}
}

func readDevice(c *call) (reply, *apiError) {
	return reply{elements: []element{deviceElement(c.device)}}, nil
}

func listDevices(c *call) (reply, *apiError) {
	var items []paged
	for _, d := range c.st.Devices {
		if c.listed(d) {
			items = append(items, paged{d.ID, deviceElement(d)})
		}
	}
	return paginate(items, c.query, c.path, c.st.LastID["device"])
}

package bunqsim

import "net/netip"

// anyAddress permits every address.
const anyAddress = "*"

// sameAddress compares addresses, not their spelling.
func sameAddress(a, b string) bool {
	x, errX := netip.ParseAddr(a)
	y, errY := netip.ParseAddr(b)
	return errX == nil && errY == nil && x.Unmap() == y.Unmap() || a == b
}

// addresses returns the permitted addresses of a key.
func (c *call) addresses(cred *Credential) []*PermittedIP {
	return filter(c.st.PermittedIPs, func(p *PermittedIP) bool { return p.CredentialID == cred.ID })
}

// permitted reports whether the caller may use the key: an active entry of its address, or "*"
// without an inactive one.
func (c *call) permitted(cred *Credential) bool {
	open, refused := false, false
	for _, p := range c.addresses(cred) {
		switch {
		case p.IP == anyAddress:
			open = open || p.Status == PermittedIPActive
		case !sameAddress(p.IP, c.ip):
		case p.Status == PermittedIPActive:
			return true
		default:
			refused = true
		}
	}
	return open && !refused
}

// permit adds an address, or sets the status of an existing one.
func (c *call) permit(cred *Credential, ip, status string) {
	for _, p := range c.addresses(cred) {
		if sameAddress(p.IP, ip) {
			if p.Status != status {
				p.Status, p.Updated = status, c.now
			}
			return
		}
	}
	c.addPermittedIP(cred, ip, status)
}

func (c *call) addPermittedIP(cred *Credential, ip, status string) *PermittedIP {
	if a, err := netip.ParseAddr(ip); err == nil && c.set.IPText == Canonical {
		ip = a.String()
	}
	p := &PermittedIP{ID: c.st.nextID("ip"), CredentialID: cred.ID, IP: ip, Status: status, Created: c.now, Updated: c.now}
	c.st.PermittedIPs = append(c.st.PermittedIPs, p)
	return p
}

func findPermittedIP(c *call) *apiError {
	if e := findCredential(c); e != nil {
		return e
	}
	c.pip = first(c.addresses(c.cred), func(p *PermittedIP) bool { return p.ID == c.ids[2] })
	if c.pip == nil {
		return errNotFound("Permitted ip", c.ids[2])
	}
	return nil
}

func isAddress(text string) bool {
	_, err := netip.ParseAddr(text)
	return err == nil
}

// validIP reports whether text is an address that may be permitted.
func (c *call) validIP(text string) bool {
	a, err := netip.ParseAddr(text)
	return err == nil && a.Zone() == "" && (a.Is4() || c.set.IPv6 == Accepted)
}

func validIPStatus(s string) bool { return s == PermittedIPActive || s == PermittedIPInactive }

func createPermittedIP(c *call) (reply, *apiError) {
	ip := c.body.strings["ip"]
	if !c.validIP(ip) {
		return reply{}, errIPInvalid(ip) // "*" is one of these
	}
	status := PermittedIPActive
	if c.body.has("status") {
		status = c.body.strings["status"]
	}
	if !validIPStatus(status) {
		return reply{}, errInvalidValue("status")
	}
	if first(c.addresses(c.cred), func(p *PermittedIP) bool { return sameAddress(p.IP, ip) }) != nil {
		return reply{}, errIPExists()
	}
	return replyID(c.addPermittedIP(c.cred, ip, status).ID), nil
}

func updatePermittedIP(c *call) (reply, *apiError) {
	status := c.body.strings["status"]
	if !validIPStatus(status) {
		return reply{}, errInvalidValue("status")
	}
	if c.pip.IP == anyAddress {
		return reply{}, errIPInvalid(anyAddress)
	}
	c.pip.Status, c.pip.Updated = status, c.now
	return replyID(c.pip.ID), nil
}

func permittedIPElement(p *PermittedIP) element {
	return element{"PermittedIp", wirePermittedIP{ID: p.ID, Created: wireTime(p.Created), Updated: wireTime(p.Updated),
		IP: p.IP, Status: p.Status}}
}

func readPermittedIP(c *call) (reply, *apiError) {
	return reply{elements: []element{permittedIPElement(c.pip)}}, nil
}

func listPermittedIPs(c *call) (reply, *apiError) {
	var items []paged
	for _, p := range c.addresses(c.cred) {
		items = append(items, paged{p.ID, permittedIPElement(p)})
	}
	return paginate(items, c.query, c.path, c.st.LastID["ip"])
}

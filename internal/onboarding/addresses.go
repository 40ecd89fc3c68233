package onboarding

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strconv"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// anyAddress is bunq's word for "every address".
const anyAddress = "*"

// sameAddress compares two addresses by meaning: an IPv6 address, or an IPv4 address within IPv6,
// can be written in many ways, and bunq's may differ from the user's.
func sameAddress(a, b string) bool {
	if a == b {
		return true
	}
	x, err1 := netip.ParseAddr(a)
	y, err2 := netip.ParseAddr(b)
	return err1 == nil && err2 == nil && x.Unmap() == y.Unmap()
}

func containsAddress(list []string, ip string) bool {
	return slices.ContainsFunc(list, func(other string) bool { return sameAddress(other, ip) })
}

// permittedAddresses accepts a list of permitted addresses.
type permittedAddresses struct{}

func (permittedAddresses) Description(context.Context) string {
	return `one or more public IP addresses, and "*" only together with one`
}

func (v permittedAddresses) MarkdownDescription(ctx context.Context) string {
	return v.Description(ctx)
}

func (v permittedAddresses) ValidateSet(_ context.Context, req validator.SetRequest, resp *validator.SetResponse) {
	elements := req.ConfigValue.Elements()
	var seen []string
	for _, e := range elements {
		s, ok := e.(types.String)
		if !ok || s.IsUnknown() || s.IsNull() {
			continue
		}

		ip := s.ValueString()
		checkAddress(req.Path, ip, &resp.Diagnostics)
		if i := slices.IndexFunc(seen, func(other string) bool { return sameAddress(other, ip) }); i >= 0 {
			// If bunq keeps one of them (what it does is UNKNOWN), every later plan would add the other.
			resp.Diagnostics.AddAttributeError(req.Path, "The same address twice",
				fmt.Sprintf("%q and %q are the same address in two notations. Remove one of them.", seen[i], ip))
		}
		seen = append(seen, ip)
	}

	if len(elements) == 1 && len(seen) == 1 && seen[0] == anyAddress {
		// The wildcard only counts together with the current address (DOCUMENTED, https://doc.bunq.com/
		// tutorials/your-first-payment/creating-the-api-context/device-registration); a newer page says
		// that a lone one is replaced by that address.
		resp.Diagnostics.AddAttributeError(req.Path, `"*" alone may not open the key`,
			"bunq documents in one place that it reads a lone \"*\" as the address that registers the device, so the key could silently be bound to that address.\n\n"+
				"Next step: list the addresses that you use. To permit every address, list \"*\" together with the public address of the machine that "+
				"applies: permitted_ips = [\"203.0.113.7\", \"*\"].")
	}
}

// longestAddress is an IPv4 address within an IPv6 address, in characters.
const longestAddress = 45

// checkAddress reports what is no address, and warns of one that bunq may refuse or never see.
func checkAddress(at path.Path, text string, diags *diag.Diagnostics) {
	if text == anyAddress {
		return
	}

	addr, err := netip.ParseAddr(text)
	shown := strconv.Quote(text)
	if len(text) > longestAddress { // bunq's secrets are, and one in the wrong place must not end up in a message
		shown = fmt.Sprintf("A value of %d characters", len(text))
	}
	switch {
	case err != nil:
		diags.AddAttributeError(at, "Not an IP address",
			shown+` is not an IP address, nor "*". bunq accepts single addresses, written without blanks and leading zeros; no ranges and no host names.`)
	case addr.Zone() != "":
		diags.AddAttributeError(at, "Not a public IP address",
			shown+" has a zone. List the public address from which bunq sees your calls.")
	case !isPublic(addr.Unmap()):
		diags.AddAttributeWarning(at, "Not a public IP address",
			shown+" is not a public address. bunq sees the public one of your machine, or of its proxy or NAT: list that.")
	case addr.Is6():
		diags.AddAttributeWarning(at, "bunq may refuse IPv6 addresses",
			shown+" is an IPv6 address. bunq's documentation says in two places that IPv6 is not supported, and in one that it is. "+
				"If IPv4 leads to bunq, list the machine's IPv4 address.")
	}
}

// sharedAddresses is what providers use behind their NAT (RFC 6598).
var sharedAddresses = netip.MustParsePrefix("100.64.0.0/10")

func isPublic(addr netip.Addr) bool {
	return addr.IsGlobalUnicast() && !addr.IsPrivate() && !sharedAddresses.Contains(addr)
}

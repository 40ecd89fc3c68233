package onboarding

import (
	"context"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
	"github.com/openpsd2/terraform-provider-bunq/internal/signing"
)

// anyAddress is bunq's word for "every address".
const anyAddress = "*"

// installationKeyBits is the size of the installation's key (DOCUMENTED,
// https://doc.bunq.com/psd2/are-you-a-third-party-provider-tpp-start-here/register-as-a-tpp). What
// bunq does with others is UNKNOWN.
const installationKeyBits = 2048

// installationKey accepts an unencrypted RSA key of 2048 bits.
type installationKey struct{}

func (installationKey) Description(context.Context) string {
	return "an unencrypted RSA private key of 2048 bits, PEM"
}

func (v installationKey) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (v installationKey) ValidateString(ctx context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	key, err := signing.ParsePrivateKey(req.ConfigValue.ValueString())
	if err != nil {
		resp.Diagnostics.AddAttributeError(req.Path, "Unusable private key",
			"Expected "+v.Description(ctx)+": "+err.Error()+".\n\n"+
				"Next step: make one with\n\n    openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048\n\n"+
				"or omit private_key_pem to have one generated.")
		return
	}
	if bits := key.N.BitLen(); bits != installationKeyBits {
		resp.Diagnostics.AddAttributeError(req.Path, "Unusable private key",
			fmt.Sprintf("Expected %s; this key has %d bits, and bunq accepts only %d.", v.Description(ctx), bits, installationKeyBits))
	}
}

// permittedAddress accepts an IPv4 or IPv6 address, or "*".
type permittedAddress struct{}

func (permittedAddress) Description(context.Context) string {
	return `an IPv4 or IPv6 address, or "*"`
}

func (v permittedAddress) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (v permittedAddress) ValidateString(ctx context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() || req.ConfigValue.ValueString() == anyAddress {
		return
	}
	text := req.ConfigValue.ValueString()
	addr, err := netip.ParseAddr(text)
	switch {
	case err != nil:
		resp.Diagnostics.AddAttributeError(req.Path, "Not an IP address",
			fmt.Sprintf("%s is not %s. bunq accepts single addresses, no ranges and no host names.", shown(text), v.Description(ctx)))
	case addr.Zone() != "":
		resp.Diagnostics.AddAttributeError(req.Path, "Not a public IP address",
			"The address has a zone. List the public address from which bunq sees your calls.")
	}
}

var likeAddress = regexp.MustCompile(`^[0-9A-Fa-f.:/]{1,49}$`)

// shown quotes a text only if it looks like an address or a range, so that a secret in the wrong
// place does not end up in a message.
func shown(text string) string {
	if likeAddress.MatchString(text) {
		return strconv.Quote(text)
	}
	return "One of the values"
}

// notOnlyAny refuses "*" alone.
type notOnlyAny struct{}

func (notOnlyAny) Description(context.Context) string {
	return `"*" together with the address that the calls come from`
}

func (v notOnlyAny) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (v notOnlyAny) ValidateSet(ctx context.Context, req validator.SetRequest, resp *validator.SetResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() || len(req.ConfigValue.Elements()) != 1 {
		return
	}
	only, ok := req.ConfigValue.Elements()[0].(types.String)
	if !ok || only.ValueString() != anyAddress {
		return
	}
	// The wildcard only counts together with the current address (DOCUMENTED, https://doc.bunq.com/
	// tutorials/your-first-payment/creating-the-api-context/device-registration); a newer page says
	// that a lone one is replaced by that address.
	resp.Diagnostics.AddAttributeError(req.Path, `"*" alone does not open the key`,
		"bunq reads a lone \"*\" as the address that registers the device, so the key would silently be bound to that address.\n\n"+
			"Next step: list the addresses that you use. To permit every address, list \"*\" together with the public address of the machine that "+
			"applies: permitted_ips = [\"203.0.113.7\", \"*\"].")
}

// eachOnce refuses the same address in two notations: if bunq keeps one of them (what it does is
// UNKNOWN), every later plan would add the other.
type eachOnce struct{}

func (eachOnce) Description(context.Context) string { return "each address once" }

func (v eachOnce) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (v eachOnce) ValidateSet(ctx context.Context, req validator.SetRequest, resp *validator.SetResponse) {
	var seen []string
	for _, e := range req.ConfigValue.Elements() {
		s, ok := e.(types.String)
		if !ok || s.IsNull() || s.IsUnknown() {
			continue
		}
		text := s.ValueString()
		if i := slices.IndexFunc(seen, func(other string) bool { return sameAddress(other, text) }); i >= 0 {
			resp.Diagnostics.AddAttributeError(req.Path, "The same address twice",
				fmt.Sprintf("%q and %q are the same address in two notations. Remove one of them.", seen[i], text))
			return
		}
		seen = append(seen, text)
	}
}

// bunqID accepts an ID as bunq assigns them. Its message does not repeat the value, which is
// configured next to an API key.
type bunqID struct{}

func (bunqID) Description(context.Context) string { return "a whole number, as bunq assigns them" }

func (v bunqID) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (v bunqID) ValidateString(ctx context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() || providerdata.IDPattern.MatchString(req.ConfigValue.ValueString()) {
		return
	}
	resp.Diagnostics.AddAttributeError(req.Path, "Not a bunq ID", "Attribute "+req.Path.String()+" must be "+v.Description(ctx)+".")
}

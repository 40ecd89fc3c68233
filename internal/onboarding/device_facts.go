package onboarding

import (
	"context"
	"encoding/json"

	"github.com/hashicorp/terraform-plugin-framework/diag"
)

const deviceFactsName = "device"

// deviceFacts is the private state of a device: what is known about it and no attribute holds.
type deviceFacts struct {
	Status string `json:"status"`
	// IP is the address that registered the device.
	IP string `json:"ip"`
	// Shut: this address is not active, and the state does not list it.
	Shut bool `json:"shut,omitempty"`
	// Open: bunq permits every address, and the state does not.
	Open bool `json:"open,omitempty"`
	// Unset: the addresses in the state were never set, because it was not known which credential
	// the key belongs to.
	Unset bool `json:"unset,omitempty"`
	// Credential is the id of the key's credential, noted when only one matched.
	Credential int64 `json:"credential,omitempty"`
}

func deviceFactsOf(ctx context.Context, p privateReader, diags *diag.Diagnostics) deviceFacts {
	raw, more := p.GetKey(ctx, deviceFactsName)
	diags.Append(more...)
	var f deviceFacts
	if len(raw) > 0 && json.Unmarshal(raw, &f) != nil {
		return deviceFacts{}
	}
	return f
}

func (f deviceFacts) store(ctx context.Context, p privateWriter, diags *diag.Diagnostics) {
	if raw, err := json.Marshal(f); err == nil {
		diags.Append(p.SetKey(ctx, deviceFactsName, raw)...)
	}
}

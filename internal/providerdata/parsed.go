package providerdata

import (
	"context"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
)

// parsedContexts are the API contexts of this run. Hundreds of resources may have the same one:
// its keys are read and validated once, and its fingerprint is computed once.
type parsedContexts struct {
	mu sync.Mutex
	// parsed has the contexts by the values they were parsed from. One with a mistake is not kept,
	// as its errors name the attribute that has it.
	parsed map[APIContextModel]bunq.APIContext
	// calls has the values of parsed as keys, which are compared by the addresses of their RSA keys.
	calls map[bunq.APIContext]*bunq.UserClient
}

// parse calls m.parseKnown once for the same values.
func (p *parsedContexts) parse(m APIContextModel, at path.Path) (bunq.APIContext, diag.Diagnostics) {
	// Held while parsing: all resources of a plan come at once, and each would parse it.
	p.mu.Lock()
	defer p.mu.Unlock()
	if ac, ok := p.parsed[m]; ok {
		return ac, nil
	}

	ac, diags := m.parseKnown(at)
	if diags.HasError() {
		return ac, diags
	}
	if p.parsed == nil {
		p.parsed = map[APIContextModel]bunq.APIContext{}
	}
	p.parsed[m] = ac
	return ac, diags
}

// callsOf returns the calls of ac, which create makes the first time.
func (p *parsedContexts) callsOf(ac bunq.APIContext, create func() *bunq.UserClient) *bunq.UserClient {
	p.mu.Lock()
	defer p.mu.Unlock()
	if calls, ok := p.calls[ac]; ok {
		return calls
	}

	if p.calls == nil {
		p.calls = map[bunq.APIContext]*bunq.UserClient{}
	}
	calls := create()
	p.calls[ac] = calls
	return calls
}

// modelOf returns the members of an api_context attribute. The framework's As is slow: it
// compiles a regular expression for the name of each field, each time.
func modelOf(ctx context.Context, obj types.Object) (m APIContextModel, diags diag.Diagnostics) {
	all := obj.Attributes()
	for name, member := range map[string]*types.String{
		"environment":           &m.Environment,
		"api_key":               &m.APIKey,
		"installation_token":    &m.InstallationToken,
		"private_key_pem":       &m.PrivateKeyPEM,
		"server_public_key_pem": &m.ServerPublicKeyPEM,
	} {
		text, ok := all[name].(types.String)
		if !ok { // a mistake of ours, which the framework describes
			return m, obj.As(ctx, &m, basetypes.ObjectAsOptions{})
		}
		*member = text
	}
	return m, nil
}

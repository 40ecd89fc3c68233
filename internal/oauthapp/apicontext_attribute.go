package oauthapp

import (
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
)

var apiContextPath = path.Root("api_context")

// apiContextAttribute is the context that a resource is called with. Its secret
// members are sensitive, not the whole of it: for a whole one, the configuration
// that a CLI generates at an import has {} in it, which is none.
func apiContextAttribute() schema.SingleNestedAttribute {
	members := map[string]schema.Attribute{}
	for _, m := range providerdata.APIContextMembers() {
		members[m.Name] = schema.StringAttribute{
			Required:            true,
			Sensitive:           m.Sensitive,
			MarkdownDescription: m.Description,
		}
	}

	return schema.SingleNestedAttribute{
		Optional: true,
		MarkdownDescription: "The context to call bunq with: `api_context = bunq_device_server.main.api_context`. If omitted, the provider's is used. " +
			"Another context of the same bunq user is an update in place without a call; one of another user is refused. The resource is read with the context in its " +
			"state; where bunq refuses that key, as after a rotation that stopped half-way, with another context of the same user that the run has used.",
		Attributes: members,
	}
}

// noContext is the attribute where it is omitted.
func noContext() types.Object { return types.ObjectNull(providerdata.APIContextTypes()) }

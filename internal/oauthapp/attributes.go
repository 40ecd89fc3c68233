package oauthapp

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
)

var apiContextPath = path.Root("api_context")

// apiContextAttribute returns the attribute for the context that a resource calls bunq with. Its
// secret members are sensitive, not the object as a whole: for a sensitive object, the
// configuration that a CLI generates at an import contains {}, which is no context.
func apiContextAttribute() schema.SingleNestedAttribute {
	return schema.SingleNestedAttribute{
		Optional: true,
		MarkdownDescription: "The context to call bunq with: `api_context = bunq_device_server.main.api_context`. If omitted, the provider's is used. " +
			"Changing to another context of the same bunq user is an update in place without a call; a context of another user is refused. A refresh uses the " +
			"context in the state. If bunq refuses that, for example after an interrupted rotation, the refresh warns and leaves the resource as it is, and the " +
			"next apply stores the new context.",
		Attributes: providerdata.APIContextAttributes(func(m providerdata.APIContextMember) schema.Attribute {
			return schema.StringAttribute{Required: true, Sensitive: m.Sensitive, MarkdownDescription: m.Description}
		}),
	}
}

// noContext returns the value of an omitted api_context.
func noContext() types.Object { return types.ObjectNull(providerdata.APIContextTypes()) }

// computed returns an attribute that bunq determines, once and for all.
func computed(description string) schema.StringAttribute {
	return schema.StringAttribute{
		Computed:            true,
		MarkdownDescription: description,
		PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
	}
}

// flag returns an attribute that may be omitted.
func flag(omitted bool, description string) schema.BoolAttribute {
	return schema.BoolAttribute{
		Optional:            true,
		Computed:            true,
		Default:             booldefault.StaticBool(omitted),
		MarkdownDescription: description,
	}
}

var isClientID = providerdata.ID{Hint: providerdata.NotTheClientID}

// text accepts what bunq accepts. What it says does not repeat the value of an address, which may contain
// a secret.
type text struct {
	what     string // callback URL
	expected string
	problem  func(string) string // what is wrong, after the words "The callback URL"; "" for nothing
	doubt    func(string) string // what may not work, likewise
}

// nothing is no problem, and no doubt.
func nothing(string) string { return "" }

const anAddress = "an absolute https URL without a fragment, such as https://app.example.com/bunq/"

func (v text) Description(context.Context) string { return v.expected }

func (v text) MarkdownDescription(context.Context) string { return v.expected }

func (v text) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	value := req.ConfigValue.ValueString()
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}

	if problem := v.problem(value); problem != "" {
		resp.Diagnostics.AddAttributeError(req.Path, "Unusable "+v.what, "The "+v.what+" "+problem+". Expected "+v.expected+".")
	} else if doubt := v.doubt(value); doubt != "" {
		resp.Diagnostics.AddAttributeWarning(req.Path, "Doubtful "+v.what, "The "+v.what+" "+doubt+".")
	}
}

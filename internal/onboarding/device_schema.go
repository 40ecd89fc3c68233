package onboarding

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
)

// Schema describes the resource.
func (r *DeviceServerResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Registers a device (`POST /device-server`): binds an API key to an installation and to the addresses that may use it. " +
			"bunq always permits the address that registers the device, so that no list can lock out the machine that applies. After registering " +
			"the device, the provider opens a session, which verifies key, address and signature.\n\n" +
			"bunq cannot delete a device: destroying this resource only forgets it, and deactivates nothing. To make its key unusable, set " +
			"`deactivate_on_destroy` of `bunq_psd2_credential`.",

		Attributes: map[string]schema.Attribute{
			"id": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "ID of the device at bunq.",
				PlanModifiers:       keepString(),
			},
			"installation": installationAttribute("Changing the installation replaces this resource.", replacesOnOtherInstallation()),
			"credential": schema.SingleNestedAttribute{
				Required: true,
				MarkdownDescription: "The API key, passed as the whole credential: `credential = bunq_psd2_credential.main`; or `{ api_key = var.key }` for a " +
					"key that was made elsewhere. Changing the key replaces the device.",
				Attributes: map[string]schema.Attribute{
					"id": schema.StringAttribute{
						Optional: true,
						MarkdownDescription: "`id` of the `bunq_psd2_credential`. If omitted, the credential is found by the device, provided " +
							"that only one matches. Changed in place.",
						Validators: []validator.String{bunqID{}},
					},
					"api_key": schema.StringAttribute{
						Required:            true,
						Sensitive:           true,
						MarkdownDescription: "`api_key` of the `bunq_psd2_credential`.",
						Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
						PlanModifiers:       []planmodifier.String{replacesUnlessImported("the API key")},
					},
				},
			},
			"description": schema.StringAttribute{
				Required: true,
				MarkdownDescription: "Name of the device, 1 to 255 characters. Changing this registers a new device with the same key; if bunq registers a " +
					"key only once, that fails, and the message says how to go back.",
				Validators:    []validator.String{stringvalidator.LengthBetween(1, 255)},
				PlanModifiers: []planmodifier.String{replacesUnlessImported("the description")},
			},
			"permitted_ips": schema.SetAttribute{
				Optional:    true,
				ElementType: types.StringType,
				MarkdownDescription: "Public IPv4 and IPv6 addresses that may use the key, in addition to the one that registered the device " +
					"(`registration_ip`), which stays permitted as long as the device exists, listed or not. If omitted, Terraform does not manage " +
					"addresses. Changed in place: new addresses are activated before old ones are deactivated. The addresses belong to the key, so " +
					"devices with the same key must list the same ones. To drop the address that registered the device, list the new addresses and " +
					"replace the device from one of them. `\"*\"` together with this machine's own address permits every address, and Terraform sets no other " +
					"one inactive next to it; it can only be set when the device is created, so changing to or from it replaces the device.",
				Validators: []validator.Set{
					setvalidator.SizeAtLeast(1),
					setvalidator.ValueStringsAre(permittedAddress{}),
					notOnlyAny{},
					eachOnce{},
				},
			},
			"registration_ip": schema.StringAttribute{
				Computed: true,
				MarkdownDescription: "The address that bunq saw when the device was registered. It stays permitted as long as the device exists. Null until a " +
					"call that is needed anyway shows it: with `permitted_ips` after the first apply, without them after an import or the next change.",
			},
			"api_context": schema.SingleNestedAttribute{
				Computed:            true,
				MarkdownDescription: "Everything needed to open sessions with this device. Pass it to `bunq_oauth_client` and `bunq_oauth_callback_url`.",
				Attributes:          apiContextMembers(),
			},
		},
	}
}

// apiContextMembers returns the attributes of api_context, which the provider fills in.
func apiContextMembers() map[string]schema.Attribute {
	members := map[string]schema.Attribute{}
	for _, m := range providerdata.APIContextMembers() {
		members[m.Name] = schema.StringAttribute{
			Computed:            true,
			Sensitive:           m.Sensitive,
			MarkdownDescription: m.Description,
		}
	}
	return members
}

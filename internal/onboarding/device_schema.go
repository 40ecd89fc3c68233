package onboarding

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
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
			"bunq registers one device for each installation, so a device is only replaced together with its installation: " +
			"`terraform apply -replace=bunq_installation.NAME`, or `keepers` of the installation. A plan that would replace the device alone is an error that " +
			"names the way. If the installation has a device with the same description that Terraform does not know, as after `terraform taint` or a " +
			"rename without `moved`, it is adopted, with a warning.\n\n" +
			"bunq cannot delete a device: destroying this resource only forgets it, and deactivates nothing. To make its key unusable, set " +
			"`deactivate_on_destroy` of `bunq_psd2_credential`.",

		Attributes: map[string]schema.Attribute{
			"id":           kept("ID of the device at bunq."),
			"installation": installationAttribute("Another installation replaces the device."),
			"credential":   deviceCredentialAttribute(),
			"description": schema.StringAttribute{
				Required: true,
				MarkdownDescription: "Name of the device, 1 to 255 characters. bunq cannot rename a device: another description needs another installation, and " +
					"a plan without one is an error that says so.",
				Validators: []validator.String{stringvalidator.UTF8LengthBetween(1, 255)},
			},
			"permitted_ips": schema.SetAttribute{
				Optional:    true,
				ElementType: types.StringType,
				MarkdownDescription: "Public IPv4 addresses that may use the key, in addition to the one that registered the device " +
					"(`registration_ip`), which stays permitted as long as the device is in the state, listed or not. If omitted, Terraform does not manage " +
					"addresses. Needs `credential.id`: the addresses belong to the key, so of several devices with the same key one may have the list. Changed in " +
					"place: new addresses are activated before old ones are deactivated. The first list (of a new device, after an import, or where there was " +
					"none) only adds; the next plan shows what else is permitted, and applying it ends those. To drop the address that registered the device, " +
					"list the new addresses, then replace the installation from one of them. `\"*\"` together with this machine's own address permits every " +
					"address, and Terraform sets no other one inactive next to it; it can only be set when the device is created, so changing to or from it needs " +
					"another key and another installation. bunq's documentation contradicts itself about IPv6 addresses, so they are a warning.",
				Validators: []validator.Set{
					setvalidator.SizeAtLeast(1),
					setvalidator.NoNullValues(),
					setvalidator.AlsoRequires(path.MatchRoot("credential").AtName("id")),
					permittedAddresses{},
				},
			},
			"registration_ip": computed("The address that bunq saw when the device was registered. It stays permitted as long as the device is in the state."),
			"api_context": schema.SingleNestedAttribute{
				Computed:            true,
				MarkdownDescription: "Everything needed to open sessions with this device. Pass it to `bunq_oauth_client` and `bunq_oauth_callback_url`.",
				Attributes:          apiContextMembers(),
			},
		},
	}
}

// deviceCredentialAttribute returns the attribute for the API key that a device is registered with.
func deviceCredentialAttribute() schema.SingleNestedAttribute {
	return schema.SingleNestedAttribute{
		Required: true,
		MarkdownDescription: "The API key, passed as the whole credential: `credential = bunq_psd2_credential.main`; or `{ api_key = var.key }` for a " +
			"key that was made elsewhere. Another key needs another installation, and a plan without one is an error that says so.",
		Attributes: map[string]schema.Attribute{
			"id": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "`id` of the `bunq_psd2_credential`. Needed for `permitted_ips`. Changed in place.",
				Validators:          []validator.String{providerdata.ID{}},
			},
			"api_key": schema.StringAttribute{
				Required:            true,
				Sensitive:           true,
				MarkdownDescription: "`api_key` of the `bunq_psd2_credential`.",
				Validators:          []validator.String{apiKey{}},
			},
		},
	}
}

// apiContextMembers returns the attributes of api_context, which the provider fills in.
func apiContextMembers() map[string]schema.Attribute {
	return providerdata.APIContextAttributes(func(m providerdata.APIContextMember) schema.Attribute {
		return schema.StringAttribute{Computed: true, Sensitive: m.Sensitive, MarkdownDescription: m.Description}
	})
}

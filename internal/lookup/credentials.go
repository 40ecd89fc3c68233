package lookup

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
)

type credentialsModel struct {
	APIContext  types.Object    `tfsdk:"api_context"`
	Credentials []credentialRow `tfsdk:"credentials"`
}

type credentialRow struct {
	ID                types.String `tfsdk:"id"`
	Status            types.String `tfsdk:"status"`
	Created           types.String `tfsdk:"created"`
	ExpiryTime        types.String `tfsdk:"expiry_time"`
	DeviceDescription types.String `tfsdk:"device_description"`
	DeviceIP          types.String `tfsdk:"device_ip"`
}

// NewCredentialsDataSource returns data.bunq_credentials: the API keys of a user, without the keys
// themselves.
func NewCredentialsDataSource() datasource.DataSource {
	return &dataSource[credentialsModel]{
		name: "credentials",
		about: "All API keys of a bunq user (`GET /user/{id}/credential-password-ip`), whoever made them: to find one that no configuration has. " +
			"The keys themselves are not in it. Where a key may be used from is in `data.bunq_credential_ips`.",
		attributes: map[string]schema.Attribute{
			"credentials": list("The credentials, newest first.", map[string]schema.Attribute{
				"id":                 text("ID of the credential: `bunq_psd2_credential.main.id` is that of the state."),
				"status":             text("`ACTIVE`, `PENDING_FIRST_USE`, or another one that bunq returns. It stays `ACTIVE` when all addresses were set inactive."),
				"created":            text("When the key was made, RFC 3339."),
				"expiry_time":        text("Until when an unused key lives, RFC 3339; null once it was used."),
				"device_description": text("What its device was registered as; null before the first use."),
				"device_ip":          text("Address that registered its device; null before the first use."),
			}),
		},
		read: readCredentials,
	}
}

func readCredentials(ctx context.Context, calls *bunq.UserClient, m *credentialsModel, _ *diag.Diagnostics) error {
	all, err := calls.Credentials(ctx)
	if err != nil {
		return err
	}

	m.Credentials = make([]credentialRow, len(all))
	for i, c := range all {
		row := &m.Credentials[i]
		row.ID, row.Status, row.Created = idOf(c.ID), types.StringValue(c.Status), timeOrNull(c.Created)
		if c.ExpiryTime != nil {
			row.ExpiryTime = timeOrNull(*c.ExpiryTime)
		}
		if c.PermittedDevice != nil {
			row.DeviceDescription = providerdata.StringOrNull(c.PermittedDevice.Description)
			row.DeviceIP = providerdata.StringOrNull(c.PermittedDevice.IP)
		}
	}
	return nil
}

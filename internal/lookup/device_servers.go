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

type devicesModel struct {
	APIContext types.Object `tfsdk:"api_context"`
	Devices    []deviceRow  `tfsdk:"device_servers"`
}

type deviceRow struct {
	ID          types.String `tfsdk:"id"`
	Description types.String `tfsdk:"description"`
	IP          types.String `tfsdk:"ip"`
	Status      types.String `tfsdk:"status"`
	Created     types.String `tfsdk:"created"`
}

// NewDeviceServersDataSource returns data.bunq_device_servers: the devices of a user.
func NewDeviceServersDataSource() datasource.DataSource {
	return &dataSource[devicesModel]{
		name:  "device_servers",
		about: "All devices of a bunq user (`GET /device-server`), those of its other API keys included. bunq can neither change nor remove a device.",
		attributes: map[string]schema.Attribute{
			"device_servers": list("The devices, newest first.", map[string]schema.Attribute{
				"id":          text("ID of the device."),
				"description": text("What it was registered as."),
				"ip":          text("Address that registered it."),
				"status":      text("`ACTIVE`, `BLOCKED`, `NEEDS_CONFIRMATION` or `OBSOLETE`."),
				"created":     text("When it was registered, RFC 3339."),
			}),
		},
		read: readDevices,
	}
}

func readDevices(ctx context.Context, calls *bunq.UserClient, m *devicesModel, _ *diag.Diagnostics) error {
	devices, err := calls.DeviceServers(ctx)
	if err != nil {
		return err
	}

	m.Devices = make([]deviceRow, len(devices))
	for i, d := range devices {
		m.Devices[i] = deviceRow{
			ID:          idOf(d.ID),
			Description: providerdata.StringOrNull(d.Description),
			IP:          providerdata.StringOrNull(d.IP),
			Status:      providerdata.StringOrNull(d.Status),
			Created:     timeOrNull(d.Created),
		}
	}
	return nil
}

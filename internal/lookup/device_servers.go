package lookup

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
)

var _ datasource.DataSourceWithConfigure = (*DeviceServersDataSource)(nil)

const devicesBlock = "data.bunq_device_servers"

// DeviceServersDataSource is data.bunq_device_servers: the devices of a user.
type DeviceServersDataSource struct {
	base
}

type devicesModel struct {
	APIContext types.Object `tfsdk:"api_context"`
	Devices    types.List   `tfsdk:"device_servers"`
}

type deviceRow struct {
	ID          types.String `tfsdk:"id"`
	Description types.String `tfsdk:"description"`
	IP          types.String `tfsdk:"ip"`
	Status      types.String `tfsdk:"status"`
	Created     types.String `tfsdk:"created"`
}

func deviceTypes() map[string]attr.Type {
	return map[string]attr.Type{
		"id": types.StringType, "description": types.StringType, "ip": types.StringType, "status": types.StringType, "created": types.StringType,
	}
}

// NewDeviceServersDataSource returns the data source for the provider's list.
func NewDeviceServersDataSource() datasource.DataSource { return &DeviceServersDataSource{} }

// Metadata names the data source.
func (*DeviceServersDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_device_servers"
}

// Schema describes the data source.
func (*DeviceServersDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "All devices of a bunq user (`GET /device-server`), those of its other API keys included. bunq can neither change nor remove a device.",
		Attributes: map[string]schema.Attribute{
			"api_context": dataAPIContext(),
			"device_servers": schema.ListNestedAttribute{
				Computed: true, MarkdownDescription: "The devices, newest first.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"id":          schema.StringAttribute{Computed: true, MarkdownDescription: "ID of the device."},
					"description": schema.StringAttribute{Computed: true, MarkdownDescription: "What it was registered as."},
					"ip":          schema.StringAttribute{Computed: true, MarkdownDescription: "Address that registered it."},
					"status":      schema.StringAttribute{Computed: true, MarkdownDescription: "`ACTIVE`, `BLOCKED`, `NEEDS_CONFIRMATION` or `OBSOLETE`."},
					"created":     schema.StringAttribute{Computed: true, MarkdownDescription: "When it was registered, RFC 3339."},
				}},
			},
		},
	}
}

// Read reads all pages of the list.
func (d *DeviceServersDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	ctx, done := d.data.Operation(ctx, devicesBlock+": read", &resp.Diagnostics)
	defer done()

	var m devicesModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	a := access(ctx, d.data, devicesBlock, m.APIContext, &resp.Diagnostics)
	if a == nil {
		return
	}

	devices, err := a.Calls.DeviceServers(ctx)
	if err != nil {
		unread(devicesBlock).Error(&resp.Diagnostics, err)
		return
	}
	rows := make([]deviceRow, len(devices))
	for i, one := range devices {
		rows[i] = deviceRow{
			ID: types.StringValue(providerdata.FormatID(one.ID)), Description: providerdata.StringOrNull(one.Description), IP: providerdata.StringOrNull(one.IP),
			Status: providerdata.StringOrNull(one.Status), Created: timeOrNull(one.Created),
		}
	}
	m.Devices = listOf(ctx, deviceTypes(), rows, &resp.Diagnostics)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

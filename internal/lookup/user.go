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

type userModel struct {
	APIContext        types.Object `tfsdk:"api_context"`
	ID                types.String `tfsdk:"id"`
	Kind              types.String `tfsdk:"kind"`
	DisplayName       types.String `tfsdk:"display_name"`
	Status            types.String `tfsdk:"status"`
	DistinguishedName types.String `tfsdk:"distinguished_name"`
}

// NewUserDataSource returns data.bunq_user: the bunq user of an API context.
func NewUserDataSource() datasource.DataSource {
	return &dataSource[userModel]{
		name:  "user",
		about: "The bunq user that an API context belongs to (`GET /user/{id}`).",
		attributes: map[string]schema.Attribute{
			"id": text("ID of the user."),
			"kind": text("What kind of user it is, in bunq's word: `UserPaymentServiceProvider` for a PSD2 party, `UserApiKey`, `UserPerson` or " +
				"`UserCompany` for keys that were made in another way."),
			"display_name": text("The name that bunq shows of the user."),
			"status":       text("`ACTIVE`, `BLOCKED` or `DENIED`."),
			"distinguished_name": text("Subject of the certificate that the PSD2 party was registered with, as bunq writes it (`/CN=My App PISP AISP/C=NL`); null for other " +
				"kinds of users."),
		},
		read: readUser,
	}
}

func readUser(ctx context.Context, calls *bunq.UserClient, m *userModel, _ *diag.Diagnostics) error {
	user, err := calls.UserDetails(ctx)
	if err != nil {
		return err
	}

	m.ID = idOf(user.ID)
	m.Kind = types.StringValue(user.Kind)
	m.DisplayName = providerdata.StringOrNull(user.DisplayName)
	m.Status = providerdata.StringOrNull(user.Status)
	m.DistinguishedName = providerdata.StringOrNull(user.DistinguishedName)
	return nil
}

package lookup

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
)

type sessionModel struct {
	APIContext  types.Object `tfsdk:"api_context"`
	Token       types.String `tfsdk:"token"`
	UserID      types.String `tfsdk:"user_id"`
	ExpiresAt   types.String `tfsdk:"expires_at"`
	Environment types.String `tfsdk:"environment"`
	BaseURL     types.String `tfsdk:"base_url"`
}

// NewSessionEphemeralResource returns ephemeral.bunq_session: the session of the run's resources, for
// other tools. It has no Close: a deleted session would be missing for the resources as well. It has
// no Renew: Terraform takes no other token in the middle of a run.
func NewSessionEphemeralResource() ephemeral.EphemeralResource {
	return &ephemeralResource[sessionModel]{
		name: "session",
		about: "A session token for other tools, which neither state nor plan ever holds. It is the session of the provider's own resources with this " +
			"context: opening it on plan and on apply costs no second one, where `session_cache` is on.\n\n" +
			"Since it is shared, it is not deleted at bunq when Terraform is done with it: it ends by itself. It is checked when it is opened. If bunq ends it " +
			"during the run, bunq refuses the token from then on; the next run gets another one.",
		attributes: map[string]schema.Attribute{
			"token": schema.StringAttribute{
				Computed: true, Sensitive: true, MarkdownDescription: "The session token: `X-Bunq-Client-Authentication` of each call.",
			},
			"user_id": schema.StringAttribute{Computed: true, MarkdownDescription: "ID of the bunq user: `/user/{id}` in the paths of bunq's API."},
			"expires_at": schema.StringAttribute{
				Computed: true,
				MarkdownDescription: "When the session ends by the lifetime that bunq announced with it, RFC 3339; null where bunq announced none. bunq may end it earlier: its " +
					"documentation speaks of one hour for the first session of an API key.",
			},
			"environment": schema.StringAttribute{Computed: true, MarkdownDescription: "`sandbox` or `production`."},
			"base_url":    schema.StringAttribute{Computed: true, MarkdownDescription: "Address of the API that the token is for, with its version path."},
		},
		open: openSession,
	}
}

// openSession returns the session of the run, and opens it if there is none. A session of an earlier
// run is checked first, because the provider does not see what bunq answers to other tools.
func openSession(ctx context.Context, data *providerdata.Data, a *providerdata.Access, m *sessionModel, _ *diag.Diagnostics) error {
	s, err := a.Calls.CheckedSession(ctx)
	if err != nil {
		return err
	}

	m.Token = types.StringValue(s.Token.Reveal())
	m.UserID = idOf(s.User.ID)
	m.ExpiresAt = timeOrNull(endOf(s))
	m.Environment = types.StringValue(string(a.Context.Environment))
	m.BaseURL = types.StringValue(data.Client.BaseURL())
	return nil
}

// endOf returns the announced end of the session, zero if bunq has named none.
func endOf(s *bunq.Session) time.Time {
	if s.Timeout <= 0 || s.Created.IsZero() {
		return time.Time{}
	}
	return s.Created.Add(s.Timeout)
}

package lookup

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
	"github.com/openpsd2/terraform-provider-bunq/internal/tfdiag"
)

var (
	_ ephemeral.EphemeralResourceWithConfigure = (*SessionEphemeralResource)(nil)
	_ ephemeral.EphemeralResourceWithRenew     = (*SessionEphemeralResource)(nil)
)

const sessionBlock = "ephemeral.bunq_session"

// checkInterval is the time between two checks of a session that Terraform holds. bunq may
// end a session before its time, and no field says so. It extends sessions that are used
// near their end, which a check is (DOCUMENTED with two different spans: within the last
// 30 minutes and 30 seconds).
const checkInterval = 10 * time.Minute

// SessionEphemeralResource is ephemeral.bunq_session: the session of the run's resources, for
// other tools. It has no Close: a deleted session would be missing for the resources as well.
type SessionEphemeralResource struct {
	ephemeralBase
}

type sessionModel struct {
	APIContext  types.Object `tfsdk:"api_context"`
	Token       types.String `tfsdk:"token"`
	UserID      types.String `tfsdk:"user_id"`
	ExpiresAt   types.String `tfsdk:"expires_at"`
	Environment types.String `tfsdk:"environment"`
	BaseURL     types.String `tfsdk:"base_url"`
}

// held is what a renewal must know about the session. Terraform keeps it in memory; it has no
// secrets nevertheless.
type held struct {
	// Context is the fingerprint of the API context.
	Context string `json:"context"`
	Session int64  `json:"session"`
}

const privateHeld = "session"

// NewSessionEphemeralResource returns the ephemeral resource for the provider's list.
func NewSessionEphemeralResource() ephemeral.EphemeralResource { return &SessionEphemeralResource{} }

// Metadata names the ephemeral resource.
func (*SessionEphemeralResource) Metadata(_ context.Context, req ephemeral.MetadataRequest, resp *ephemeral.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_session"
}

// Schema describes the ephemeral resource.
func (*SessionEphemeralResource) Schema(_ context.Context, _ ephemeral.SchemaRequest, resp *ephemeral.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "A session token for other tools, which neither state nor plan ever holds. It is the session of the provider's own resources with this " +
			"context: opening it on plan and on apply costs no second one, where `session_cache` is on.\n\n" +
			"Since it is shared, it is not deleted at bunq when Terraform is done with it: it ends by itself. While Terraform holds it, it is checked every " +
			"ten minutes. If bunq has ended it before its time, the run fails for what still needs the token; the next run gets another one.",
		Attributes: map[string]schema.Attribute{
			"api_context": ephemeralAPIContext(),
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
	}
}

// Open returns the session of the run, and opens it if there is none. A session of an earlier
// run is checked first, because the provider does not see what bunq answers to other tools.
func (r *SessionEphemeralResource) Open(ctx context.Context, req ephemeral.OpenRequest, resp *ephemeral.OpenResponse) {
	ctx, done := r.data.Operation(ctx, sessionBlock+": open", &resp.Diagnostics)
	defer done()

	var m sessionModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	a := access(ctx, r.data, sessionBlock, m.APIContext, &resp.Diagnostics)
	if a == nil {
		return
	}

	s, err := a.Calls.CheckedSession(ctx)
	if err != nil {
		tfdiag.Failure{Summary: sessionBlock + " cannot be opened", State: "nothing was stored, and nothing was changed at bunq."}.Error(&resp.Diagnostics, err)
		return
	}
	m.Token = types.StringValue(s.Token.Reveal())
	m.UserID = types.StringValue(providerdata.FormatID(s.User.ID))
	m.ExpiresAt = timeOrNull(endOf(s))
	m.Environment = types.StringValue(string(a.Context.Environment))
	m.BaseURL = types.StringValue(r.data.Client.BaseURL())
	resp.Diagnostics.Append(resp.Result.Set(ctx, &m)...)

	private, err := json.Marshal(held{Context: a.Context.Fingerprint(), Session: s.ID})
	if err == nil { // a text and a number always can
		resp.Diagnostics.Append(resp.Private.SetKey(ctx, privateHeld, private)...)
	}
	resp.RenewAt = nextCheck(r.data.Now(), s)
}

// Renew checks the session that Terraform holds. Terraform accepts no other token at a renewal,
// so a session that has ended is an error, after another one was opened for the resources.
func (r *SessionEphemeralResource) Renew(ctx context.Context, req ephemeral.RenewRequest, resp *ephemeral.RenewResponse) {
	ctx, done := r.data.Operation(ctx, sessionBlock+": renew", &resp.Diagnostics)
	defer done()

	text, diags := req.Private.GetKey(ctx, privateHeld)
	resp.Diagnostics.Append(diags...)
	var h held
	if resp.Diagnostics.HasError() || json.Unmarshal(text, &h) != nil {
		return // nothing that Open has left
	}
	calls := r.callsOf(h.Context)
	if calls == nil {
		return
	}

	failed := tfdiag.Failure{
		Summary: sessionBlock + " could not be checked",
		State:   "nothing was changed. Whether the token that was handed out still works is not known.",
	}
	s, err := calls.CheckedSession(ctx)
	if err != nil {
		failed.Error(&resp.Diagnostics, err)
		return
	}
	if s.ID != h.Session {
		resp.Diagnostics.AddError(sessionBlock+" has ended", fmt.Sprintf(
			"bunq has ended session %d, whose token was handed out, and Terraform takes no other token in the middle of a run. The resources of this provider go on "+
				"with a new session; what was given the token is refused by bunq from now on.\n\n"+
				"State: nothing was changed.\n\nNext step: run it again, which hands out the new session. Check whether another program deletes the sessions of this key.",
			h.Session))
		return
	}
	resp.RenewAt = nextCheck(r.data.Now(), s)
}

// callsOf returns the calls of a context of this run.
func (r *SessionEphemeralResource) callsOf(fingerprint string) *bunq.UserClient {
	for _, ac := range r.data.Seen() {
		if ac.Fingerprint() == fingerprint {
			return r.data.Calls(ac)
		}
	}
	return nil
}

// endOf returns the announced end of the session, zero if bunq has named none.
func endOf(s *bunq.Session) time.Time {
	if s.Timeout <= 0 || s.Created.IsZero() {
		return time.Time{}
	}
	return s.Created.Add(s.Timeout)
}

// ending is the last part of a session, in which the run itself no longer uses it (see package
// session). Other tools may, until its end.
const ending = 5 * time.Minute

// nextCheck returns the time of the next check, at the latest the announced end of the session.
func nextCheck(now time.Time, s *bunq.Session) time.Time {
	next := now.Add(checkInterval)
	if end := endOf(s); end.After(now) && end.Before(next.Add(ending)) {
		return end
	}
	return next
}

package oauthapp

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
)

// ModifyPlan protects the client, proposes to replace one that was cancelled elsewhere, and warns
// about one that the user already has.
func (r *ClientResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if r.Data == nil {
		return // Terraform only validates
	}

	plan, state := planAndState[clientModel](ctx, req, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}

	if run := r.notePlan(plan, state); run != "" && plan == nil {
		resp.Diagnostics.Append(resp.Private.SetKey(ctx, privatePlan, []byte(strconv.Quote(run)))...)
	}
	switch {
	case plan == nil:
		if state.protect(&resp.Diagnostics); !state.cancelled() && !resp.Diagnostics.HasError() {
			checkDestroy(ctx, r.Data, state.APIContext, state.UserID, "bunq_oauth_client", resp.Private, &resp.Diagnostics)
		}
	case state == nil:
		checkContext(ctx, r.Data, plan.APIContext, noContext(), refusedKey{}, &resp.Diagnostics)
		if !resp.Diagnostics.HasError() {
			r.warnOfExisting(ctx, plan, &resp.Diagnostics)
		}
	default:
		checkContext(ctx, r.Data, plan.APIContext, state.APIContext, state.refusedKey(), &resp.Diagnostics)
		if state.cancelled() && !resp.Diagnostics.HasError() {
			replaceCancelled(ctx, state, resp)
		}
	}
}

// protect reports an error if the client is protected from a destroy.
func (m *clientModel) protect(diags *diag.Diagnostics) {
	if !m.DeletionProtection.ValueBool() || m.cancelled() {
		return
	}
	diags.AddAttributeError(path.Root("deletion_protection"), "The OAuth client is protected", fmt.Sprintf(
		"This plan would cancel OAuth client %s of bunq user %s. That ends the connections of all its end users and cannot be undone.\n\n"+
			"Next step: if the resource was renamed or moved, add a moved block (from = the old address, to = the new one); if the new address is in the "+
			"state already, make Terraform forget the old one with a removed block (destroy = false). Otherwise, to keep the client, "+
			"undo the change that removes it, or use a removed block as well. To cancel it for good, "+
			"set deletion_protection = false and apply, then destroy.", m.ID.ValueString(), m.UserID.ValueString()))
}

func replaceCancelled(ctx context.Context, state *clientModel, resp *resource.ModifyPlanResponse) {
	resp.Diagnostics.AddAttributeWarning(path.Root("status"), "The OAuth client was cancelled at bunq", fmt.Sprintf(
		"bunq lists OAuth client %s as %s, and it cannot be made active again. Applying makes another one with another client_id and secret: "+
			"every end user must connect again.", state.ID.ValueString(), state.Status.ValueString()))
	for _, name := range []string{"id", "client_id", "client_secret", "status"} {
		resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root(name), types.StringUnknown())...)
	}
	resp.RequiresReplace = append(resp.RequiresReplace, path.Root("status"))
}

// What the entries of this ledger have instead of URLs: To of a client that is to be made, From of
// one that is protected.
const (
	newClient       = "new"
	protectedClient = "protected"
)

// clientLedger returns the ledger of which clients the objects of a plan are.
func clientLedger(data *providerdata.Data) *ledger { return ledgerOf(data, "OAuth clients") }

// noteRead notes for the apply that an object of the state is this client. A plan shows neither a
// tainted object nor, before its destroy, a deposed one.
func (r *ClientResource) noteRead(m *clientModel, id int64) {
	if r.Data.Sessions != nil {
		clientLedger(r.Data).note(entry{ID: id, From: m.protection(), Open: true})
	}
}

func (m *clientModel) protection() string {
	if m.DeletionProtection.ValueBool() {
		return protectedClient
	}
	return ""
}

// notePlan notes for the apply what the plan does with one resource, and returns the run.
func (r *ClientResource) notePlan(plan, state *clientModel) (run string) {
	if r.Data.Sessions == nil {
		return "" // the provider's settings are not known yet
	}

	e := entry{To: newClient}
	if state != nil {
		id, err := idOf(state.ID)
		if err != nil {
			return ""
		}
		e = entry{ID: id, From: state.protection(), Gone: plan == nil}
	}

	l := clientLedger(r.Data)
	l.note(e)
	return l.run
}

// isOfThePlan reports whether an object of the plan that makes a client is already that client.
func isOfThePlan(data *providerdata.Data, id int64) bool {
	plan, _ := clientLedger(data).plan("", func(e entry) bool { return e.To == newClient })
	return slices.ContainsFunc(plan, func(e entry) bool { return e.ID == id })
}

// hasAnotherOwner reports whether the client of an object that is destroyed is also that of another
// object: one of this run, or one that the plan keeps. The caller has the turn of client.
func (r *ClientResource) hasAnotherOwner(client *userClient, id int64, run string) bool {
	if client.owned == id {
		return true
	}
	plan, _ := clientLedger(r.Data).plan(run, func(e entry) bool { return e.ID == id })
	gone := slices.ContainsFunc(plan, func(e entry) bool { return e.ID == id && e.Gone })
	kept := slices.ContainsFunc(plan, func(e entry) bool { return e.ID == id && !e.Gone && !e.Open })
	return gone && kept
}

// warnOfExisting warns at plan about a client that the user already has. If that cannot be read, it
// says nothing: the apply looks again. In an apply it costs no call, as Create needs the same read.
func (r *ClientResource) warnOfExisting(ctx context.Context, plan *clientModel, diags *diag.Diagnostics) {
	ctx, done := r.Data.Operation(ctx, "bunq_oauth_client: plan", diags)
	defer done()

	access, more := r.Data.Access(ctx, plan.APIContext, apiContextPath)
	if more.HasError() {
		return
	}

	g := registrationOf(r.Data, access, plan.AdoptExisting.ValueBool())
	user, err := access.Calls.User(ctx)
	if err != nil {
		return
	}
	g.user = user
	active, err := g.active(ctx)
	if err != nil || active == nil {
		return
	}

	// A replacement is also planned as a new object.
	if own := clientLedger(r.Data).planned(func(e entry) bool { return e.ID == active.ID }); len(own) > 0 {
		if own[0].From == protectedClient {
			g.reportProtected(active, diags)
		}
		return
	}

	if g.adopt || g.interrupted(ctx, active.ID) {
		diags.AddAttributeWarning(path.Root("adopt_existing"), "The user's OAuth client will be adopted", g.describe(active)+
			"\n\nApplying adopts it. "+g.importBlocks("To manage its callback URLs as well, import them:", active, false))
		return
	}
	diags.AddAttributeWarning(path.Root("adopt_existing"), "The user already has an OAuth client", g.describe(active)+
		"\n\nApplying will fail and change nothing.\n\n"+g.nextSteps(active))
}

// reportProtected reports a plan that replaces a protected client, or makes a second one: the apply
// can do neither, and would find out too late.
func (g *clientRegistration) reportProtected(active *bunq.OAuthClient, diags *diag.Diagnostics) {
	diags.AddAttributeError(path.Root("deletion_protection"), "The OAuth client is protected", fmt.Sprintf(
		"This plan would make another OAuth client for bunq user %d, who already has client %d, which is in this state and protected. bunq allows one "+
			"active client per user, and cancelling it ends the connections of all its end users and cannot be undone. Nothing was sent.\n\n"+
			"Next step: if the client is being replaced (-replace, or tainted), apply without -replace, or run terraform untaint. To replace it for good, set "+
			"deletion_protection = false and apply, then replace it. If two resources declare the client of this user, remove one of them.",
		g.user.ID, active.ID))
}

// describe says which client the user has.
func (g *clientRegistration) describe(active *bunq.OAuthClient) string {
	return fmt.Sprintf("bunq allows one active OAuth client per user, and user %d has client %d (client_id %s).", g.user.ID, active.ID, active.ClientID)
}

// nextSteps returns the next steps if the user already has a client.
func (g *clientRegistration) nextSteps(active *bunq.OAuthClient) string {
	return g.importBlocks("Next step: to manage that client with this configuration, import it:", active, true) +
		"\n\nOr set adopt_existing = true. If another configuration manages it, use that one."
}

// importBlocks returns import blocks, ready to be pasted, for the callback URLs and, if wanted, for
// the client itself; "" for none.
func (g *clientRegistration) importBlocks(before string, active *bunq.OAuthClient, withClient bool) string {
	id := fmt.Sprintf("%d/%d", g.user.ID, active.ID)
	var blocks []string
	if withClient {
		blocks = append(blocks, importBlock("bunq_oauth_client.NAME", id))
	}
	for _, u := range active.CallbackURLs {
		blocks = append(blocks, "    # "+oneLine(u.URL)+"\n"+importBlock("bunq_oauth_callback_url.NAME", fmt.Sprintf("%s/%d", id, u.ID)))
	}

	if len(blocks) == 0 {
		return ""
	}
	return before + "\n\n" + strings.Join(blocks, "\n\n")
}

func importBlock(to, id string) string {
	return fmt.Sprintf("    import {\n      to = %s\n      id = %q\n    }", to, id)
}

// oneLine replaces what would break a line.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, text)
}

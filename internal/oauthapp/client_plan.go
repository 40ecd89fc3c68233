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

// ModifyPlan protects the client, proposes another one in place of one that was
// cancelled elsewhere, and tells of one that is there already.
func (r *ClientResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if r.Data == nil {
		return // Terraform only validates
	}

	var plan, state *clientModel
	if !req.Plan.Raw.IsNull() {
		resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	}
	if !req.State.Raw.IsNull() {
		resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}

	if run := r.notePlan(plan, state); run != "" && plan == nil {
		resp.Diagnostics.Append(resp.Private.SetKey(ctx, privatePlan, []byte(strconv.Quote(run)))...)
	}
	switch {
	case plan == nil:
		state.protect(&resp.Diagnostics)
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

// protect reports that a destroy is not allowed.
func (m *clientModel) protect(diags *diag.Diagnostics) {
	if !m.DeletionProtection.ValueBool() || m.cancelled() {
		return
	}
	diags.AddAttributeError(path.Root("deletion_protection"), "The OAuth client is protected", fmt.Sprintf(
		"This plan would cancel OAuth client %s of bunq user %s. That ends the connections of all its end users and cannot be undone.\n\n"+
			"Next step: if the resource has another name or place now, add a moved block (from = the old address, to = the new one). To keep the client "+
			"otherwise, undo the change that removes it, or forget it with a removed block (destroy = false). To cancel it for good, "+
			"set deletion_protection = false, apply, and destroy then.", m.ID.ValueString(), m.UserID.ValueString()))
}

func replaceCancelled(ctx context.Context, state *clientModel, resp *resource.ModifyPlanResponse) {
	resp.Diagnostics.AddAttributeWarning(path.Root("status"), "The OAuth client was cancelled at bunq", fmt.Sprintf(
		"bunq lists OAuth client %s as %s; it cannot be made active again. Applying makes another one, with another client_id and secret: "+
			"every end user must connect again.", state.ID.ValueString(), state.Status.ValueString()))
	for _, name := range []string{"id", "client_id", "client_secret", "status"} {
		resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root(name), types.StringUnknown())...)
	}
	resp.RequiresReplace = append(resp.RequiresReplace, path.Root("status"))
}

// What the entries of this ledger have in place of URLs: To of a client that is
// to be made, From of one that is protected.
const (
	newClient       = "new"
	protectedClient = "protected"
)

// clientLedger holds which clients the objects of a plan are.
func clientLedger(data *providerdata.Data) *ledger { return ledgerOf(data, "OAuth clients") }

// noteRead leaves for the apply that an object of the state is this client. A plan
// shows neither a tainted nor, before its destroy, a deposed one.
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

// notePlan leaves for the apply what becomes of one resource, and returns the run.
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

// isOfThePlan reports whether an object of the plan that makes a client is that
// client already.
func isOfThePlan(data *providerdata.Data, id int64) bool {
	plan, _ := clientLedger(data).plan("", func(e entry) bool { return e.To == newClient })
	return slices.ContainsFunc(plan, func(e entry) bool { return e.ID == id })
}

// hasAnotherOwner reports whether the client of an object that is destroyed is
// also another one's: one of this run, or one of the plan that keeps it.
func (r *ClientResource) hasAnotherOwner(m *clientModel, id int64, run string) bool {
	if userClientOf(r.Data, m.UserID.ValueString()).owns(id) {
		return true
	}
	plan, _ := clientLedger(r.Data).plan(run, func(e entry) bool { return e.ID == id })
	gone := slices.ContainsFunc(plan, func(e entry) bool { return e.ID == id && e.Gone })
	kept := slices.ContainsFunc(plan, func(e entry) bool { return e.ID == id && !e.Gone && !e.Open })
	return gone && kept
}

// warnOfExisting warns of a client that is there already, before an apply meets it.
// Where bunq cannot be asked, it says nothing: the apply asks again. In an apply
// it costs no call, as its read is the one that Create needs.
func (r *ClientResource) warnOfExisting(ctx context.Context, plan *clientModel, diags *diag.Diagnostics) {
	ctx, done := providerdata.Operation(ctx, "bunq_oauth_client: plan")
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

	// A replacement is planned as a new object, too.
	for _, e := range clientLedger(r.Data).planned() {
		if e.ID == active.ID && e.From == protectedClient {
			g.reportProtected(active, diags)
		}
		if e.ID == active.ID {
			return
		}
	}

	if g.adopt || g.interrupted(ctx, active.ID) {
		diags.AddAttributeWarning(path.Root("adopt_existing"), "The user's OAuth client will be adopted", g.describe(active)+
			"\n\nApplying adopts it. "+g.importBlocks("To have its callback URLs in the state as well, import them:", active, false))
		return
	}
	diags.AddAttributeWarning(path.Root("adopt_existing"), "The user has an OAuth client already", g.describe(active)+
		"\n\nApplying will fail, and change nothing.\n\n"+g.nextSteps(active))
}

// reportProtected reports a plan that replaces a protected client, or makes a
// second one: the apply could do neither, and would find out too late.
func (g *clientRegistration) reportProtected(active *bunq.OAuthClient, diags *diag.Diagnostics) {
	diags.AddAttributeError(path.Root("deletion_protection"), "The OAuth client is protected", fmt.Sprintf(
		"This plan would make another OAuth client for bunq user %d, who has client %d, which this state has and protects. bunq allows one active client "+
			"per user, and cancelling it ends the connections of all its end users and cannot be undone. Nothing was sent.\n\n"+
			"Next step: if the client is being replaced (-replace, or tainted), apply without -replace, or terraform untaint it. To replace it for good, set "+
			"deletion_protection = false, apply, and replace then. If two resources declare the client of this user, remove one of them.",
		g.user.ID, active.ID))
}

// there says which client the user has.
func (g *clientRegistration) describe(active *bunq.OAuthClient) string {
	return fmt.Sprintf("bunq allows one active OAuth client per user, and user %d has client %d (client_id %s).", g.user.ID, active.ID, active.ClientID)
}

// ways are the next steps where the client is there.
func (g *clientRegistration) nextSteps(active *bunq.OAuthClient) string {
	return g.importBlocks("Next step: to manage that client with this configuration, import it:", active, true) +
		"\n\nOr set adopt_existing = true. If another configuration manages it, use that one."
}

// imports are import blocks, ready to be pasted, of the callback URLs and perhaps
// of the client itself; "" for none.
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

// oneLine keeps a text within its line.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, text)
}

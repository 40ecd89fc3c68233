package oauthapp

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
)

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
		id, err := number(state.ID)
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
	if turnOf(r.Data, m.UserID.ValueString()).owns(id) {
		return true
	}
	plan, _ := clientLedger(r.Data).plan(run, func(e entry) bool { return e.ID == id })
	gone := slices.ContainsFunc(plan, func(e entry) bool { return e.ID == id && e.Gone })
	kept := slices.ContainsFunc(plan, func(e entry) bool { return e.ID == id && !e.Gone && !e.Open })
	return gone && kept
}

// foretell warns of a client that is there already, before an apply meets it.
// Where bunq cannot be asked, it says nothing: the apply asks again. In an apply
// it costs no call, as its read is the one that Create needs.
func (r *ClientResource) foretell(ctx context.Context, plan *clientModel, diags *diagnostics) {
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
		diags.AddAttributeWarning(path.Root("adopt_existing"), "The user's OAuth client will be adopted", g.there(active)+
			"\n\nApplying adopts it. "+g.imports("To have its callback URLs in the state as well, import them:", active, false))
		return
	}
	diags.AddAttributeWarning(path.Root("adopt_existing"), "The user has an OAuth client already", g.there(active)+
		"\n\nApplying will fail, and change nothing.\n\n"+g.ways(active))
}

// reportProtected reports a plan that replaces a protected client, or makes a
// second one: the apply could do neither, and would find out too late.
func (g *clientRegistration) reportProtected(active *bunq.OAuthClient, diags *diagnostics) {
	diags.AddAttributeError(path.Root("deletion_protection"), "The OAuth client is protected", fmt.Sprintf(
		"This plan would make another OAuth client for bunq user %d, who has client %d, which this state has and protects. bunq allows one active client "+
			"per user, and cancelling it ends the connections of all its end users and cannot be undone. Nothing was sent.\n\n"+
			"Next step: if the client is being replaced (-replace, or tainted), apply without -replace, or terraform untaint it. To replace it for good, set "+
			"deletion_protection = false, apply, and replace then. If two resources declare the client of this user, remove one of them.",
		g.user.ID, active.ID))
}

// there says which client the user has.
func (g *clientRegistration) there(active *bunq.OAuthClient) string {
	return fmt.Sprintf("bunq allows one active OAuth client per user, and user %d has client %d (client_id %s).", g.user.ID, active.ID, active.ClientID)
}

// ways are the next steps where the client is there.
func (g *clientRegistration) ways(active *bunq.OAuthClient) string {
	return g.imports("Next step: to manage that client with this configuration, import it:", active, true) +
		"\n\nOr set adopt_existing = true. If another configuration manages it, use that one."
}

// imports are import blocks, ready to be pasted, of the callback URLs and perhaps
// of the client itself; "" for none.
func (g *clientRegistration) imports(before string, active *bunq.OAuthClient, withClient bool) string {
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

package oauthapp

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
)

// filtersLedger returns the ledger of the resources that have or declare notification filters. It is
// one for all users, because the user of a new resource may only be known in the apply. The ID of an
// entry is the user, From what the state has, To what is declared, both as marks. To is "" for an
// object that was only read, or that is given up.
func filtersLedger(data *providerdata.Data) *ledger { return ledgerOf(data, "notification filters") }

// openMarks is To if it is not known yet.
const openMarks = "?"

// noteRead notes for the apply what an object of the state has. A plan shows neither a tainted object
// nor, before its destroy, a deposed one.
func (r *FiltersResource) noteRead(m *filtersModel, filters []bunq.NotificationFilter) {
	if id, err := providerdata.ParseID(m.UserID.ValueString()); err == nil && r.Data.Sessions != nil {
		filtersLedger(r.Data).note(entry{ID: id, From: marks(filters)})
	}
}

// notePlan notes for the apply what the plan does with one resource, and returns the run. user is the
// one whose filters it declares, "" if that is not known yet. It reports two resources of the plan
// that declare the filters of one user.
func (r *FiltersResource) notePlan(ctx context.Context, plan, state *filtersModel, user string, diags *diag.Diagnostics) (run string) {
	if r.Data.Sessions == nil {
		return "" // the provider's settings are not known yet
	}

	var e entry
	if state != nil {
		id, err := providerdata.ParseID(state.UserID.ValueString())
		if err != nil {
			return "" // reported when bunq is called with it
		}
		has, _ := declared(ctx, knownSet(state.Filters), diags)
		e.ID, e.From, e.Gone = id, marks(has), plan == nil
	}
	if plan != nil {
		e.To, e.For = openMarks, user
		if wanted, known := declared(ctx, plan.Filters, diags); known {
			e.To = marks(wanted)
		}
	}

	l := filtersLedger(r.Data)
	same := l.planned(func(other entry) bool { return e.For != "" && other.For == e.For && e.isAnotherResource(other) })
	if len(same) > 0 {
		diags.AddError("Two resources declare the notification filters of one user", fmt.Sprintf(
			"bunq keeps one set of notification filters per user, and another bunq_notification_filters of this plan declares that of user %s. Each would "+
				"remove what the other has set. Nothing was sent.\n\nNext step: join their filters in one resource. The other one can be forgotten with a removed "+
				"block (destroy = false).", user))
	}
	l.note(e)
	return l.run
}

// isAnotherResource reports whether two entries of a plan are two resources. A resource that is
// replaced is planned once as it was and once as a new one, with the same filters.
func (e entry) isAnotherResource(other entry) bool {
	if (other.ID == 0) == (e.ID == 0) {
		return true
	}
	return e.To != openMarks && other.To != openMarks && e.To != other.To
}

// isDeclaredElsewhere reports whether a resource of the plan declares the filters of an object that is
// destroyed.
func (r *FiltersResource) isDeclaredElsewhere(ctx context.Context, m *filtersModel, run string) bool {
	user := m.UserID.ValueString()
	has, _ := declared(ctx, knownSet(m.Filters), &diag.Diagnostics{})
	plan, _ := filtersLedger(r.Data).plan(run, func(e entry) bool { return providerdata.FormatID(e.ID) == user && e.From == marks(has) })
	return slices.ContainsFunc(plan, func(e entry) bool { return e.To != "" && (e.For == user || e.For == "" && e.keepsSome(has)) })
}

// keepsSome reports whether the entry declares one of the filters, as far as it is known.
func (e entry) keepsSome(filters []bunq.NotificationFilter) bool {
	return e.To == openMarks || slices.ContainsFunc(filters, func(f bunq.NotificationFilter) bool { return strings.Contains(e.To, mark(f)) })
}

// movesAway reports whether the planned context is known to belong to another user than the object.
// That is only possible for a replacement, after which nothing declares the filters of this user.
func (r *FiltersResource) movesAway(ctx context.Context, plan, state *filtersModel, diags *diag.Diagnostics) bool {
	if plan.APIContext.Equal(state.APIContext) {
		return false
	}

	ctx, done := r.Data.Operation(ctx, "bunq_notification_filters: plan", diags)
	defer done()

	access, more := r.Data.Access(ctx, plan.APIContext, apiContextPath)
	if more.HasError() {
		return false
	}
	var other *otherUserError
	return errors.As(sameUser(ctx, access, state.UserID), &other)
}

// warnOfExisting warns about filters that the user already has, and returns the user. If bunq cannot
// be asked, it says nothing and returns "": the apply asks again. In an apply, Create needs the same
// read.
func (r *FiltersResource) warnOfExisting(ctx context.Context, plan *filtersModel, diags *diag.Diagnostics) (user string) {
	ctx, done := r.Data.Operation(ctx, "bunq_notification_filters: plan", diags)
	defer done()

	access, more := r.Data.Access(ctx, plan.APIContext, apiContextPath)
	if more.HasError() {
		return ""
	}

	c := &filtersCall{data: r.Data, calls: access.Calls}
	var err error
	if c.user, err = access.Calls.User(ctx); err != nil {
		return ""
	}
	user = providerdata.FormatID(c.user.ID)

	there, err := access.Calls.NotificationFilters(ctx)
	wanted, known := declared(ctx, plan.Filters, diags)
	if err != nil || !known {
		return user
	}

	lost := without(there, wanted, c.hadAtPlan(there, wanted))
	switch {
	case len(lost) > 0 && plan.AdoptExisting.ValueBool():
		diags.AddAttributeWarning(path.Root("adopt_existing"), "Notification filters of the user will be removed", c.describe(lost)+
			"\n\nApplying removes them. To keep them, add these lines to filters.")
	case len(lost) > 0:
		diags.AddAttributeWarning(path.Root("filters"), "The user has notification filters already", c.describe(lost)+
			"\n\nApplying will fail, and change nothing.\n\n"+c.nextSteps())
	}
	return user
}

// hadAtPlan is hadBefore for a plan. It uses what this process has read and planned, and the plan that
// this process applies.
func (c *filtersCall) hadAtPlan(filters, wanted []bunq.NotificationFilter) []bunq.NotificationFilter {
	l := filtersLedger(c.data)
	entries := l.planned(func(entry) bool { return true })
	if newest := l.newest(); slices.ContainsFunc(newest, c.creates(wanted)) {
		entries = append(entries, newest...)
	}
	return c.foundIn(entries, filters)
}

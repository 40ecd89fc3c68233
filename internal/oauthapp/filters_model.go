package oauthapp

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
)

// filtersKind is the one set of a user.
var filtersKind = kind{
	name:    "bunq_notification_filters",
	noun:    "set",
	ids:     []member{ofUser},
	unread:  func(ids []string) any { return newFiltersModel(ids[0]) },
	lasting: true,
	title:   "notification filters",
	rule:    "bunq keeps one set of notification filters per user",
	harm:    "remove its filters",
}

type filtersModel struct {
	object
	AdoptExisting types.Bool `tfsdk:"adopt_existing"`
	Filters       types.Set  `tfsdk:"filters"`
}

// newFiltersModel returns what an import has of a user's filters, and a list before they are read.
func newFiltersModel(user string) *filtersModel {
	return &filtersModel{object: newObject(user, user), AdoptExisting: types.BoolValue(false), Filters: types.SetNull(filterType())}
}

// filterRow is an element of the attribute whose members are known.
type filterRow struct {
	Category          string   `tfsdk:"category"`
	Target            string   `tfsdk:"notification_target"`
	VerificationTypes []string `tfsdk:"verification_types"`
}

func filterType() types.ObjectType {
	return types.ObjectType{AttrTypes: map[string]attr.Type{
		"category": types.StringType, "notification_target": types.StringType, "verification_types": types.SetType{ElemType: types.StringType},
	}}
}

// fromAPI stores what bunq has.
func (m *filtersModel) fromAPI(ctx context.Context, filters []bunq.NotificationFilter, diags *diag.Diagnostics) {
	rows := []filterRow{}
	for _, f := range without(filters) {
		rows = append(rows, filterRow(f))
	}
	var more diag.Diagnostics
	m.Filters, more = types.SetValueFrom(ctx, filterType(), rows)
	diags.Append(more...)
}

// declared returns the filters of an attribute, and false if not all of it is known yet.
func declared(ctx context.Context, set types.Set, diags *diag.Diagnostics) ([]bunq.NotificationFilter, bool) {
	if value, err := set.ToTerraformValue(ctx); err != nil || !value.IsFullyKnown() {
		return nil, false
	}

	var rows []filterRow
	diags.Append(set.ElementsAs(ctx, &rows, false)...)
	filters := make([]bunq.NotificationFilter, len(rows))
	for i, row := range rows {
		slices.Sort(row.VerificationTypes)
		filters[i] = bunq.NotificationFilter(row)
	}
	return filters, true
}

// without returns the filters that are in none of the others, each once and in order.
func without(filters []bunq.NotificationFilter, others ...[]bunq.NotificationFilter) []bunq.NotificationFilter {
	left := slices.Clone(filters)
	slices.SortFunc(left, func(a, b bunq.NotificationFilter) int { return strings.Compare(filterKey(a), filterKey(b)) })
	left = slices.CompactFunc(left, isSameFilter)
	return slices.DeleteFunc(left, func(f bunq.NotificationFilter) bool {
		return slices.ContainsFunc(slices.Concat(others...), func(o bunq.NotificationFilter) bool { return isSameFilter(f, o) })
	})
}

func isSameFilter(a, b bunq.NotificationFilter) bool { return filterKey(a) == filterKey(b) }

func filterKey(f bunq.NotificationFilter) string {
	return strings.Join(append([]string{f.Category, f.Target}, f.VerificationTypes...), "\n")
}

// sameFilters reports whether both are the same set.
func sameFilters(a, b []bunq.NotificationFilter) bool {
	return len(without(a, b)) == 0 && len(without(b, a)) == 0
}

// filterLines returns the filters as elements of the attribute, to be pasted.
func filterLines(filters []bunq.NotificationFilter) string {
	lines := make([]string, len(filters))
	for i, f := range filters {
		lines[i] = fmt.Sprintf("    { category = %s, notification_target = %s", hclTexts(f.Category), hclTexts(f.Target))
		if len(f.VerificationTypes) > 0 {
			lines[i] += ", verification_types = [" + hclTexts(f.VerificationTypes...) + "]"
		}
		lines[i] += " },"
	}
	return strings.Join(lines, "\n")
}

// hclTexts returns string literals of HCL, on one line.
func hclTexts(texts ...string) string {
	literals := make([]string, len(texts))
	for i, s := range texts {
		literals[i] = strings.NewReplacer("${", "$${", "%{", "%%{").Replace(fmt.Sprintf("%q", bunq.Printable(s)))
	}
	return strings.Join(literals, ", ")
}

// setFilters makes want the set of the user. It reads the set first: bunq also replaces what others
// have set, without an error. It returns the filters that bunq has and that are neither in want nor
// shown, as in the state; if those may not be removed, it changes nothing.
func setFilters(ctx context.Context, calls *bunq.UserClient, want, shown []bunq.NotificationFilter, mayRemove bool) (others []bunq.NotificationFilter, err error) {
	there, err := calls.NotificationFilters(ctx)
	if err != nil {
		return nil, err
	}
	others = without(there, want, shown)
	if len(others) > 0 && !mayRemove {
		return others, nil
	}
	return others, replaceFilters(ctx, calls, there, want)
}

// removeFilters removes filters from the set of the user, and returns what is left.
func removeFilters(ctx context.Context, calls *bunq.UserClient, filters []bunq.NotificationFilter) (left []bunq.NotificationFilter, err error) {
	there, err := calls.NotificationFilters(ctx)
	if err != nil {
		return nil, err
	}
	left = without(there, filters)
	return left, replaceFilters(ctx, calls, there, left)
}

// replaceFilters makes want the set, if it is not. before is what bunq has.
func replaceFilters(ctx context.Context, calls *bunq.UserClient, before, want []bunq.NotificationFilter) error {
	if sameFilters(before, want) {
		return nil
	}
	return bunq.Confirm(calls.ReplaceNotificationFilters(ctx, want), func() (bool, error) {
		now, err := calls.NotificationFilters(ctx)
		return sameFilters(now, want), err
	})
}

// aboutOthers says which filters of the user would be removed.
func aboutOthers(user bunq.User, others []bunq.NotificationFilter) string {
	return fmt.Sprintf("%s and replaces it as a whole. User %d (%s) has filters that this resource does not declare:\n\n%s",
		filtersKind.rule, user.ID, bunq.Printable(user.DisplayName), filterLines(others))
}

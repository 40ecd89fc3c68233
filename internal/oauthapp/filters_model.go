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
	set, more := types.SetValueFrom(ctx, filterType(), rows)
	diags.Append(more...)
	m.Filters = set
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
		proofs := make([]string, len(f.VerificationTypes))
		for j, v := range f.VerificationTypes {
			proofs[j] = hclText(v)
		}

		var more string
		if len(proofs) > 0 {
			more = ", verification_types = [" + strings.Join(proofs, ", ") + "]"
		}
		lines[i] = fmt.Sprintf("    { category = %s, notification_target = %s%s },", hclText(f.Category), hclText(f.Target), more)
	}
	return strings.Join(lines, "\n")
}

// hclText returns a string literal of HCL, on one line.
func hclText(s string) string {
	return strings.NewReplacer("${", "$${", "%{", "%%{").Replace(fmt.Sprintf("%q", oneLine(s)))
}

package oauthapp

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
)

type filtersModel struct {
	ID            types.String `tfsdk:"id"`
	APIContext    types.Object `tfsdk:"api_context"`
	AdoptExisting types.Bool   `tfsdk:"adopt_existing"`
	Filters       types.Set    `tfsdk:"filters"`
	UserID        types.String `tfsdk:"user_id"`
}

// filtersIdentity identifies the filters at bunq: each user has one set.
type filtersIdentity struct {
	UserID types.String `tfsdk:"user_id"`
}

type filterRow struct {
	Category types.String `tfsdk:"category"`
	Target   types.String `tfsdk:"notification_target"`
}

func filterType() types.ObjectType {
	return types.ObjectType{AttrTypes: map[string]attr.Type{"category": types.StringType, "notification_target": types.StringType}}
}

func (m *filtersModel) identity() filtersIdentity { return filtersIdentity{UserID: m.UserID} }

func (m *filtersModel) refusedKey() refusedKey {
	return refusedKeyOf("bunq_notification_filters", m.UserID, m.APIContext)
}

// setUser stores whose filters they are.
func (m *filtersModel) setUser(user int64) {
	m.ID, m.UserID = types.StringValue(providerdata.FormatID(user)), types.StringValue(providerdata.FormatID(user))
}

// fromAPI stores what bunq has.
func (m *filtersModel) fromAPI(ctx context.Context, filters []bunq.NotificationFilter, diags *diag.Diagnostics) {
	rows := []filterRow{}
	for _, f := range without(filters) {
		rows = append(rows, filterRow{Category: types.StringValue(f.Category), Target: types.StringValue(f.Target)})
	}
	set, more := types.SetValueFrom(ctx, filterType(), rows)
	diags.Append(more...)
	m.Filters = set
}

// declared returns the filters of an attribute, and false if some of them are not known yet.
func declared(ctx context.Context, set types.Set, diags *diag.Diagnostics) ([]bunq.NotificationFilter, bool) {
	if set.IsUnknown() {
		return nil, false
	}
	var objects []types.Object
	diags.Append(set.ElementsAs(ctx, &objects, false)...)

	var filters []bunq.NotificationFilter
	known := true
	for _, o := range objects {
		category, _ := o.Attributes()["category"].(types.String)
		target, _ := o.Attributes()["notification_target"].(types.String)
		if o.IsUnknown() || category.IsUnknown() || target.IsUnknown() {
			known = false
			continue
		}
		filters = append(filters, bunq.NotificationFilter{Category: category.ValueString(), Target: target.ValueString()})
	}
	return filters, known
}

// without returns the filters that are in none of the others, each once and in order.
func without(filters []bunq.NotificationFilter, others ...[]bunq.NotificationFilter) []bunq.NotificationFilter {
	left := slices.Clone(filters)
	slices.SortFunc(left, func(a, b bunq.NotificationFilter) int {
		return strings.Compare(a.Category+"\n"+a.Target, b.Category+"\n"+b.Target)
	})
	left = slices.Compact(left)
	return slices.DeleteFunc(left, func(f bunq.NotificationFilter) bool {
		return slices.ContainsFunc(others, func(o []bunq.NotificationFilter) bool { return slices.Contains(o, f) })
	})
}

// sameFilters reports whether both are the same set.
func sameFilters(a, b []bunq.NotificationFilter) bool {
	return len(without(a, b)) == 0 && len(without(b, a)) == 0
}

// filterLines returns the filters as elements of the attribute, to be pasted.
func filterLines(filters []bunq.NotificationFilter) string {
	lines := make([]string, len(filters))
	for i, f := range filters {
		lines[i] = fmt.Sprintf("    { category = %s, notification_target = %s },", hclText(f.Category), hclText(f.Target))
	}
	return strings.Join(lines, "\n")
}

// hclText returns a string literal of HCL, on one line.
func hclText(s string) string {
	return strings.NewReplacer("${", "$${", "%{", "%%{").Replace(fmt.Sprintf("%q", oneLine(s)))
}

// marks returns what stands for the filters in the ledger, which is not encrypted, while an address
// may contain a secret.
func marks(filters []bunq.NotificationFilter) string {
	all := []string{}
	for _, f := range without(filters) {
		all = append(all, mark(f))
	}
	return "[" + strings.Join(all, ",") + "]"
}

func mark(f bunq.NotificationFilter) string {
	sum := sha256.Sum256([]byte(f.Category + "\n" + f.Target))
	return hex.EncodeToString(sum[:12])
}

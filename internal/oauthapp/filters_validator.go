package oauthapp

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// filterCategories are what a filter can be about (DOCUMENTED,
// https://doc.bunq.com/basics/callbacks-webhooks).
var filterCategories = []string{
	"BILLING", "BUNQME_TAB", "CARD_TRANSACTION_FAILED", "CARD_TRANSACTION_SUCCESSFUL", "CHAT", "DRAFT_PAYMENT", "IDEAL", "MUTATION", "OAUTH", "PAYMENT",
	"REQUEST", "SCHEDULE_RESULT", "SCHEDULE_STATUS", "SHARE", "SOFORT", "SUPPORT", "TAB_RESULT",
}

// otherCategories are those of bunq's product for partners, which its page does not list.
var otherCategories = []string{
	"CARD", "CARD_TOKENIZATION", "CARD_TRANSACTION_REFUND", "CARD_TRANSACTION_UPDATED", "INSTANT_PAYMENT", "PARTNER_USER_PROVISION",
	"USER_INFORMATION_INQUIRY", "USER_ONBOARDING",
}

var categoryPattern = regexp.MustCompile(`^[A-Z][A-Z0-9_]*$`)

func categoryProblem(category string) string {
	if categoryPattern.MatchString(category) {
		return ""
	}
	return fmt.Sprintf("%q is not the name of one", category)
}

// categoryDoubt says that a category is not known: bunq has more than it lists.
func categoryDoubt(category string) string {
	if slices.Contains(filterCategories, category) || slices.Contains(otherCategories, category) {
		return ""
	}
	return fmt.Sprintf("%q is not one that bunq lists. If it is misspelt, bunq refuses it, or never notifies of it", category)
}

// verificationTypes accepts names such as BUNQ_CERTIFICATE, at least one.
type verificationTypes struct{}

func (verificationTypes) Description(context.Context) string { return "names in capital letters" }

func (v verificationTypes) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (verificationTypes) ValidateSet(_ context.Context, req validator.SetRequest, resp *validator.SetResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if len(req.ConfigValue.Elements()) == 0 {
		resp.Diagnostics.AddAttributeError(req.Path, "Unusable verification type", "verification_types lists nothing. Omit it, or list BUNQ_CERTIFICATE.")
	}
	for _, element := range req.ConfigValue.Elements() {
		name, ok := element.(types.String)
		if ok && !name.IsUnknown() && !categoryPattern.MatchString(name.ValueString()) {
			resp.Diagnostics.AddAttributeError(req.Path, "Unusable verification type", fmt.Sprintf(
				"%q is not the name of a verification type: those have capital letters, such as BUNQ_CERTIFICATE.", name.ValueString()))
		}
	}
}

// maxTargets is how many targets a category may have (DOCUMENTED,
// https://beta.doc.bunq.com/basics/errors).
const maxTargets = 2

// fewTargets accepts sets in which no category has more targets than bunq takes, nor one twice.
type fewTargets struct{}

func (fewTargets) Description(context.Context) string {
	return fmt.Sprintf("at most %d targets for each category", maxTargets)
}

func (v fewTargets) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

// ValidateSet counts what is known.
func (v fewTargets) ValidateSet(ctx context.Context, req validator.SetRequest, resp *validator.SetResponse) {
	if slices.ContainsFunc(req.ConfigValue.Elements(), attr.Value.IsNull) {
		resp.Diagnostics.AddAttributeError(req.Path, "A notification filter is null", "Each filter needs category and notification_target. Leave out the element that is null.")
		return
	}

	filters, _ := declared(ctx, req.ConfigValue, &resp.Diagnostics)
	targets := map[string][]string{}
	for _, f := range without(filters) {
		of := targets[f.Category]
		switch {
		case slices.Contains(of, f.Target):
			resp.Diagnostics.AddAttributeError(req.Path, "A notification filter is declared twice", "Two filters of the category "+f.Category+
				" have the same notification_target. Put all of their verification_types in one.")
		case len(of) == maxTargets:
			resp.Diagnostics.AddAttributeError(req.Path, "Too many targets for one category", fmt.Sprintf(
				"bunq takes at most %d targets for each category, and %s has more. Let one of them pass the notifications on to the others.", maxTargets, f.Category))
		}
		targets[f.Category] = append(of, f.Target)
	}
}

// targetProblem says why bunq does not send notifications to an address, "" for nothing: it sends
// them over https only (DOCUMENTED).
func targetProblem(text string) string {
	u, err := url.Parse(text)
	switch {
	case strings.ContainsFunc(text, unicode.IsSpace):
		return "contains white space"
	case err != nil:
		return "is not a URL"
	case u.Hostname() == "":
		return "is not absolute: it needs a scheme and a host"
	case strings.EqualFold(u.Scheme, "http"):
		return "is plain http; bunq sends notifications over https only"
	case !strings.EqualFold(u.Scheme, "https"):
		return "has a scheme other than https"
	case strings.Contains(text, "#"):
		return "has a fragment (#…), which is never sent"
	}
	return ""
}

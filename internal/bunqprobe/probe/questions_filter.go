package probe

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
)

func filterQuestions() []question {
	const leaves = "nothing: the filters of its own user are cleared"
	return []question{
		{setting: "missing_notification_filters", answers: []any{refused, accepted}, refusal: refused, leaves: leaves, ask: askMissingFilters},
		{setting: "unknown_notification_category", answers: []any{refused, accepted, ignored}, refusal: refused, leaves: leaves, ask: askUnknownCategory},
		{setting: "duplicate_notification_filter", answers: []any{refused, accepted, ignored}, refusal: refused, leaves: leaves, ask: askDuplicateFilter},
		{setting: "notification_filter_fields", answers: []any{"bare", "with-timestamps"}, leaves: leaves, ask: askFilterFields},
		{setting: "notification_filter_list", answers: []any{"pages", "whole"}, leaves: leaves, ask: askFilterList},
	}
}

const filterKind = "NotificationFilterUrl"

type urlFilter struct {
	Category string `json:"category"`
	Target   string `json:"notification_target"`
}

func filtersOf(filters ...urlFilter) map[string]any {
	return map[string]any{"notification_filters": append([]urlFilter{}, filters...)}
}

// postFilters replaces the filters of the base user, and clears them again.
func (r *run) postFilters(ctx context.Context, body any) (*exchange, error) {
	p, err := r.base(ctx)
	if err != nil {
		return nil, err
	}
	path := p.userPath("/notification-filter-url")
	x, err := r.post(ctx, p, path, body)
	if err == nil && x.status == http.StatusOK {
		_, _ = r.post(ctx, p, path, filtersOf())
	}
	return x, err
}

func askMissingFilters(ctx context.Context, r *run) (*finding, error) {
	x, err := r.postFilters(ctx, struct{}{})
	if err != nil {
		return nil, err
	}
	if x.says(http.StatusBadRequest, textMissing("notification_filters")) {
		return settled(refused, x)
	}
	if x.status != http.StatusOK {
		return nil, other(x)
	}
	all, err := x.objects(filterKind)
	if err != nil {
		return nil, err
	}
	if elements, _ := x.elements(); len(all) > 0 || len(elements) > 0 {
		return nil, unforeseen(x, "it has filters that were not sent")
	}
	return settled(accepted, x)
}

func askUnknownCategory(ctx context.Context, r *run) (*finding, error) {
	const category = "TERRAFORM_PROBE"
	return r.askFilters(ctx, textInvalidValue("category"), 1, urlFilter{category, drawURL()})
}

func askDuplicateFilter(ctx context.Context, r *run) (*finding, error) {
	twice := urlFilter{"OAUTH", drawURL()}
	return r.askFilters(ctx, textFilterExists, 2, twice, twice)
}

// askFilters posts filters of which the last is in question: refused, kept, or left out in silence.
func (r *run) askFilters(ctx context.Context, refusal string, sent int, filters ...urlFilter) (*finding, error) {
	x, err := r.postFilters(ctx, filtersOf(filters...))
	if err != nil {
		return nil, err
	}
	if x.says(http.StatusBadRequest, refusal) {
		return settled(refused, x)
	}
	if x.status != http.StatusOK {
		return nil, other(x)
	}
	kept, err := x.objects(filterKind, "category", "notification_target")
	if err != nil {
		return nil, err
	}
	for _, o := range kept {
		if o.text("category") != filters[0].Category || o.text("notification_target") != filters[0].Target {
			return nil, unforeseen(x, "it has a filter that was not sent")
		}
	}
	elements, _ := x.elements()
	switch {
	case len(elements) != len(kept):
		return nil, unforeseen(x, "it has other elements than filters")
	case len(kept) == sent:
		return settled(accepted, x)
	case len(kept) == sent-1:
		return settled(ignored, x)
	default:
		return nil, unforeseen(x, "it has more or fewer filters than were sent")
	}
}

// readFilters sets one filter, reads it and clears it.
func (r *run) readFilters(ctx context.Context) (object, *exchange, error) {
	p, err := r.base(ctx)
	if err != nil {
		return nil, nil, err
	}
	path := p.userPath("/notification-filter-url")
	set, err := r.post(ctx, p, path, filtersOf(urlFilter{"OAUTH", drawURL()}))
	if err != nil {
		return nil, nil, err
	}
	if !set.ok() {
		return nil, nil, other(set)
	}
	x, err := r.get(ctx, p, path)
	if err != nil {
		return nil, nil, err
	}
	_, _ = r.post(ctx, p, path, filtersOf())
	o, err := x.object(filterKind, "category", "notification_target")
	return o, x, err
}

func askFilterFields(ctx context.Context, r *run) (*finding, error) {
	o, x, err := r.readFilters(ctx)
	if err != nil {
		return nil, err
	}
	id, created, updated := o.has("id"), o.has("created"), o.has("updated")
	switch {
	case id && created && updated:
		return settled("with-timestamps", x)
	case !id && !created && !updated:
		return settled("bare", x)
	default:
		return nil, unforeseen(x, "it has some of id, created and updated")
	}
}

func askFilterList(ctx context.Context, r *run) (*finding, error) {
	_, x, err := r.readFilters(ctx)
	if err != nil {
		return nil, err
	}
	var outer map[string]json.RawMessage
	_ = json.Unmarshal(x.body, &outer) // it was read before
	if page, ok := outer["Pagination"]; ok && strings.HasPrefix(string(page), "{") {
		return settled("pages", x)
	}
	if len(outer) == 1 {
		return settled("whole", x)
	}
	return nil, unforeseen(x, "it has something else beside Response than Pagination")
}

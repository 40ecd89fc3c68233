package bunqsim

import (
	"net/url"
	"slices"
	"strconv"
)

const (
	pageDefault = 10
	pageMax     = 200
)

// pagination holds host-relative addresses of neighbouring pages.
type pagination struct {
	FutureURL *string `json:"future_url"`
	NewerURL  *string `json:"newer_url"`
	OlderURL  *string `json:"older_url"`
}

// pageRequest is what the query of a list asks for.
type pageRequest struct {
	count        int
	countGiven   bool
	older, newer int64 // 0: not given
}

func parsePage(q url.Values) (pageRequest, *apiError) {
	p := pageRequest{count: pageDefault}
	if q.Has("count") {
		n, err := strconv.Atoi(q.Get("count"))
		if err != nil || n < 1 || n > pageMax {
			return p, errInvalidValue("count")
		}
		p.count, p.countGiven = n, true
	}
	for _, f := range []struct {
		name string
		to   *int64
	}{{"older_id", &p.older}, {"newer_id", &p.newer}} {
		if !q.Has(f.name) {
			continue
		}
		n, err := strconv.ParseInt(q.Get(f.name), 10, 64)
		if err != nil || n < 1 {
			return p, errInvalidValue(f.name)
		}
		*f.to = n
	}
	if p.older != 0 && p.newer != 0 {
		return p, errInvalidValue("newer_id")
	}
	return p, nil
}

// paged is one object of a list.
type paged struct {
	id int64
	element
}

// paginate returns the page asked for of items (of any order), newest first. lastID is the highest
// id ever given out for this type.
func paginate(items []paged, q url.Values, path string, lastID int64) (reply, *apiError) {
	p, e := parsePage(q)
	if e != nil {
		return reply{}, e
	}
	slices.SortFunc(items, func(a, b paged) int { return int(b.id - a.id) })
	var from, to int
	switch {
	case p.older != 0:
		from, _ = slices.BinarySearchFunc(items, p.older-1, func(it paged, id int64) int { return int(id - it.id) })
		to = min(from+p.count, len(items))
	case p.newer != 0:
		to, _ = slices.BinarySearchFunc(items, p.newer, func(it paged, id int64) int { return int(id - it.id) })
		from = max(0, to-p.count)
	default:
		to = min(p.count, len(items))
	}
	r := reply{pagination: &pagination{}}
	for _, it := range items[from:to] {
		r.elements = append(r.elements, it.element)
	}
	link := func(param string, id int64) *string {
		s := path + "?"
		if p.countGiven {
			s += "count=" + strconv.Itoa(p.count) + "&"
		}
		s += param + "=" + strconv.FormatInt(id, 10)
		return &s
	}
	switch {
	case from < to && from > 0:
		r.pagination.NewerURL = link("newer_id", items[from].id)
	case from < to:
		r.pagination.FutureURL = link("newer_id", items[from].id)
	case lastID > 0: // bunq sets it for an empty list, too
		r.pagination.FutureURL = link("newer_id", max(lastID, p.newer))
	}
	if from < to && to < len(items) {
		r.pagination.OlderURL = link("older_id", items[to-1].id)
	}
	return r, nil
}

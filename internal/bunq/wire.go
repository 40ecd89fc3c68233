package bunq

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// element is one member of bunq's Response array: an object with its type as the only
// key. Elements are found by type, never by position, and unknown ones are ignored.
type element map[string]json.RawMessage

// pagination is part of lists; URLs are relative to the host.
type pagination struct {
	OlderURL *string `json:"older_url"`
}

var errNoResponse = errors.New("it has no Response array")

// Bounds on what an answer may make this process keep in memory: far above what bunq
// sends, whose pages have at most 200 elements, and whose largest object is a client with
// maxCallbackURLs.
const (
	maxElements = 1000
	maxCommas   = 100_000
)

// decodeEnvelope reads {"Response":[…],"Pagination":{…}}. Its names are those of a map, as
// they are compared exactly, which decoding into a struct would not do.
func decodeEnvelope(body []byte) ([]element, *pagination, error) {
	if n := bytes.Count(body, []byte(",")); n > maxCommas {
		return nil, nil, fmt.Errorf("it has %d members, and at most %d are read", n, maxCommas)
	}
	var outer map[string]json.RawMessage
	if err := json.Unmarshal(body, &outer); err != nil {
		return nil, nil, fmt.Errorf("it is not a JSON object: %w", err)
	}

	var elements []element
	if err := json.Unmarshal(outer["Response"], &elements); err != nil || elements == nil {
		return nil, nil, errNoResponse
	}
	if len(elements) > maxElements {
		return nil, nil, fmt.Errorf("it has more than %d elements", maxElements)
	}

	var page *pagination
	if raw := outer["Pagination"]; raw != nil {
		if err := json.Unmarshal(raw, &page); err != nil {
			return nil, nil, fmt.Errorf("its Pagination is damaged: %w", err)
		}
	}
	return elements, page, nil
}

// maxDescriptions is how many of bunq's descriptions an error keeps. bunq has one for each
// field that it refuses.
const maxDescriptions = 5

// decodeErrorEnvelope reads {"Error":[{"error_description":"…"}]}. It returns false for
// anything else, such as a proxy's page, and for what is too long to be bunq's.
func decodeErrorEnvelope(body []byte) ([]string, bool) {
	var outer map[string]json.RawMessage
	var entries []element
	if len(body) > maxErrorBody || json.Unmarshal(body, &outer) != nil || json.Unmarshal(outer["Error"], &entries) != nil || entries == nil {
		return nil, false
	}

	var descriptions []string
	for _, entry := range entries {
		if d := describe(entry); d != "" {
			descriptions = append(descriptions, d)
		}
	}
	if more := len(descriptions) - maxDescriptions; more > 0 {
		descriptions = append(descriptions[:maxDescriptions], fmt.Sprintf("(and %d more)", more))
	}
	return descriptions, true
}

// describe returns bunq's words in an entry of its Error array: those for programs, or
// else those for people.
func describe(entry element) string {
	for _, name := range []string{"error_description", "error_description_translated"} {
		var text string
		if json.Unmarshal(entry[name], &text) == nil && text != "" {
			return text
		}
	}
	return ""
}

// all decodes the elements of one type.
func all[W any](elements []element, typ string) ([]W, error) {
	var found []W
	for _, e := range elements {
		raw, ok := e[typ]
		if !ok || isNull(raw) {
			continue
		}
		var w W
		if err := json.Unmarshal(raw, &w); err != nil {
			return nil, fmt.Errorf("its %s is damaged: %w", typ, err)
		}
		found = append(found, w)
	}
	return found, nil
}

func isNull(raw json.RawMessage) bool { return string(raw) == "null" }

// one decodes the first element of a type; it is an error if there is none.
func one[W any](elements []element, typ string) (W, error) {
	found, err := all[W](elements, typ)
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("it has no %s", typ)
	}
	if err != nil {
		var none W
		return none, err
	}
	return found[0], nil
}

// object decodes the first element of a type to what callers see; it is an error if there
// is none.
func object[W, T any](elements []element, typ string, to func(W) (T, error)) (*T, error) {
	w, err := one[W](elements, typ)
	if err != nil {
		return nil, err
	}
	t, err := to(w)
	if err != nil {
		return nil, err
	}
	return &t, nil
}

// namesAnother returns an error if an answer names objects, and the one with the given ID is
// not among them: it is the answer to another request.
func namesAnother(body []byte, id int64) error {
	elements, _, err := decodeEnvelope(body)
	if err != nil {
		return nil //nolint:nilerr // it names none
	}

	var other error
	for _, e := range elements {
		for kind, raw := range e {
			var w wireID
			if json.Unmarshal(raw, &w) != nil || w.ID == 0 {
				continue
			}
			if w.ID == id {
				return nil
			}
			other = sameID(kind, w.ID, id)
		}
	}
	return other
}

// convert decodes a list of one type to what callers see. With an element of another type,
// it is the answer to another request.
func convert[W, T any](elements []element, typ string, to func(W) (T, error)) ([]T, error) {
	for _, e := range elements {
		if _, ok := e[typ]; !ok || len(e) != 1 {
			return nil, fmt.Errorf("an element of it is no %s", typ)
		}
	}
	wires, err := all[W](elements, typ)
	if err != nil {
		return nil, err
	}
	list := make([]T, 0, len(wires))
	for _, w := range wires {
		t, err := to(w)
		if err != nil {
			return nil, err
		}
		list = append(list, t)
	}
	return list, nil
}

// sameID returns an error for an object that is not the requested one, which would be
// stored in a state under another ID.
func sameID(typ string, got, want int64) error {
	if got != want {
		return fmt.Errorf("its %s has the id %d, asked for was %d", typ, got, want)
	}
	return nil
}

// timestampLayout is bunq's, UTC without a zone. Parsing with it takes a fraction
// of any length.
const timestampLayout = "2006-01-02 15:04:05"

type timestamp struct{ time.Time }

// UnmarshalJSON reads bunq's form; null is the zero time.
func (t *timestamp) UnmarshalJSON(raw []byte) error {
	var s *string
	if err := json.Unmarshal(raw, &s); err != nil {
		return err
	}
	if s == nil {
		t.Time = time.Time{}
		return nil
	}
	parsed, err := time.Parse(timestampLayout, *s)
	if err != nil {
		return errors.New("a time is not of the form " + timestampLayout + ".000000")
	}
	t.Time = parsed
	return nil
}

type wireID struct {
	ID int64 `json:"id"`
}

func checkID(what string, n int64) error {
	if n <= 0 {
		return fmt.Errorf("its %s has no id", what)
	}
	return nil
}

// createdID finds the id that a creation answers with.
func createdID(elements []element) (int64, error) {
	w, err := one[wireID](elements, "Id")
	if err != nil {
		return 0, err
	}
	return w.ID, checkID("Id", w.ID)
}

type wireToken struct {
	Token   string    `json:"token"`
	Created timestamp `json:"created"`
}

func tokenOf(elements []element) (wireToken, error) {
	w, err := one[wireToken](elements, "Token")
	if err == nil && w.Token == "" {
		err = errors.New("its Token is empty")
	}
	return w, err
}

package bunq

import (
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

// decodeEnvelope reads {"Response":[…],"Pagination":{…}}.
func decodeEnvelope(body []byte) ([]element, *pagination, error) {
	var outer map[string]json.RawMessage
	if err := json.Unmarshal(body, &outer); err != nil {
		return nil, nil, fmt.Errorf("it is not a JSON object: %w", err)
	}

	var elements []element
	if outer["Response"] == nil {
		return nil, nil, errNoResponse
	}
	if err := json.Unmarshal(outer["Response"], &elements); err != nil {
		return nil, nil, fmt.Errorf("%w: %w", errNoResponse, err)
	}
	if elements == nil {
		return nil, nil, errNoResponse
	}

	var page *pagination
	if raw := outer["Pagination"]; raw != nil {
		if err := json.Unmarshal(raw, &page); err != nil {
			return nil, nil, fmt.Errorf("its Pagination is damaged: %w", err)
		}
	}
	return elements, page, nil
}

// decodeErrorEnvelope reads {"Error":[{"error_description":"…"}]}. It returns false for
// anything else, such as a proxy's page. Names are compared exactly, which decoding
// into a struct would not do.
func decodeErrorEnvelope(body []byte) ([]string, bool) {
	var outer map[string]json.RawMessage
	if json.Unmarshal(body, &outer) != nil {
		return nil, false
	}
	var entries []map[string]json.RawMessage
	if json.Unmarshal(outer["Error"], &entries) != nil || entries == nil {
		return nil, false
	}

	var descriptions []string
	for _, entry := range entries {
		var d string
		if json.Unmarshal(entry["error_description"], &d) == nil && d != "" {
			descriptions = append(descriptions, d)
		}
	}
	return descriptions, true
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

// convert decodes the elements of one type to what callers see.
func convert[W, T any](elements []element, typ string, to func(W) (T, error)) ([]T, error) {
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

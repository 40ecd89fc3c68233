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
// sends, whose pages have at most 200 elements of one key each.
const (
	maxElements = 1000
	maxKeys     = 32
)

// decodeEnvelope reads {"Response":[…],"Pagination":{…}}.
func decodeEnvelope(body []byte) ([]element, *pagination, error) {
	outer, err := decodeObject(body)
	if err != nil {
		return nil, nil, fmt.Errorf("it is not a JSON object: %w", err)
	}

	elements, err := decodeElements(outer["Response"])
	if err != nil {
		return nil, nil, err
	}

	var page *pagination
	if raw := outer["Pagination"]; raw != nil {
		if err := json.Unmarshal(raw, &page); err != nil {
			return nil, nil, fmt.Errorf("its Pagination is damaged: %w", err)
		}
	}
	return elements, page, nil
}

func decodeElements(array json.RawMessage) ([]element, error) {
	elements := []element{}
	more, err := eachOf(array, func(raw json.RawMessage) (err error) {
		if len(elements) == maxElements {
			return fmt.Errorf("it has more than %d elements", maxElements)
		}
		var e element
		e, err = decodeObject(raw)
		elements = append(elements, e)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNoResponse, err)
	}
	if !more {
		return nil, errNoResponse
	}
	return elements, nil
}

// decodeObject reads a JSON object of few keys. Names are compared exactly, which
// decoding into a struct would not do.
func decodeObject(raw []byte) (map[string]json.RawMessage, error) {
	if !json.Valid(raw) {
		return nil, json.Unmarshal(raw, new(any)) // says where
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	if first, _ := d.Token(); first != json.Delim('{') {
		return nil, errors.New("it is something else")
	}

	object := map[string]json.RawMessage{}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, err
		}
		if len(object) == maxKeys {
			return nil, fmt.Errorf("it has more than %d keys", maxKeys)
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, err
		}
		object[name.(string)] = value //nolint:forcetypeassert // a key of valid JSON
	}
	return object, nil
}

// eachOf calls do for each member of a JSON array, one at a time. It returns false if raw
// is something else.
func eachOf(raw json.RawMessage, do func(json.RawMessage) error) (bool, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	if first, _ := d.Token(); first != json.Delim('[') {
		return false, nil
	}
	for d.More() {
		var member json.RawMessage
		if err := d.Decode(&member); err != nil {
			return true, err
		}
		if err := do(member); err != nil {
			return true, err
		}
	}
	return true, nil
}

// maxDescriptions is how many of bunq's descriptions an error keeps. bunq has one for each
// field that it refuses.
const maxDescriptions = 5

// decodeErrorEnvelope reads {"Error":[{"error_description":"…"}]}. It returns false for
// anything else, such as a proxy's page, and for what is too long to be bunq's.
func decodeErrorEnvelope(body []byte) ([]string, bool) {
	if len(body) > maxErrorBody {
		return nil, false
	}
	outer, err := decodeObject(body)
	if err != nil {
		return nil, false
	}

	var descriptions []string
	more := 0
	isArray, err := eachOf(outer["Error"], func(raw json.RawMessage) error {
		entry, err := decodeObject(raw)
		d := describe(entry)
		switch {
		case err != nil, d == "":
		case len(descriptions) == maxDescriptions:
			more++
		default:
			descriptions = append(descriptions, d)
		}
		return err
	})
	if err != nil || !isArray {
		return nil, false
	}
	if more > 0 {
		descriptions = append(descriptions, fmt.Sprintf("(and %d more)", more))
	}
	return descriptions, true
}

// describe returns bunq's words in an entry of its Error array: those for programs, or
// else those for people.
func describe(entry map[string]json.RawMessage) string {
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

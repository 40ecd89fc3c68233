package bunqsim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
)

// fieldType is a JSON type under bunq's name for it.
type fieldType string

const (
	typeString      fieldType = "STRING"
	typeStringArray fieldType = "ARRAY containing STRING"
)

type fieldSpec struct {
	name     string
	kind     fieldType
	required bool
}

// bodySpec declares the body of a POST or PUT.
type bodySpec struct {
	fields []fieldSpec
	// emptyArray: [] stands for {}, as PHP clients write an object without members.
	emptyArray bool
	// empty: no body at all stands for {}.
	empty bool
}

func (b *bodySpec) field(name string) *fieldSpec {
	for i := range b.fields {
		if b.fields[i].name == name {
			return &b.fields[i]
		}
	}
	return nil
}

// fields are the members of a checked body.
type fields struct {
	strings map[string]string
	arrays  map[string][]string
}

func (f fields) has(name string) bool {
	_, s := f.strings[name]
	_, a := f.arrays[name]
	return s || a
}

// parseMembers is the check of the syntax: one JSON object and nothing after it. names keeps the order they were sent in.
func parseMembers(raw []byte, spec *bodySpec) (names []string, members map[string]json.RawMessage, e *apiError) {
	trimmed := bytes.TrimSpace(raw)
	if len(trimmed) == 0 && spec.empty || bytes.Equal(trimmed, []byte("[]")) && spec.emptyArray {
		return nil, nil, nil
	}
	if !json.Valid(trimmed) || trimmed[0] != '{' {
		return nil, nil, errBodyInvalid()
	}
	if err := json.Unmarshal(trimmed, &members); err != nil {
		return nil, nil, errBodyInvalid()
	}
	names, err := memberNames(trimmed)
	if err != nil {
		return nil, nil, errBodyInvalid()
	}
	return names, members, nil
}

func memberNames(object []byte) ([]string, error) {
	d := json.NewDecoder(bytes.NewReader(object))
	if _, err := d.Token(); err != nil {
		return nil, err
	}
	var names []string
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, err
		}
		name, ok := t.(string)
		if !ok {
			return nil, fmt.Errorf("bunqsim: member name is %T", t)
		}
		names = append(names, name)
		var skip json.RawMessage
		if err := d.Decode(&skip); err != nil {
			return nil, err
		}
	}
	return names, nil
}

// parseBody makes the checks of the body in bunq's order: syntax, then every superfluous field, then every missing field and wrong type.
func parseBody(raw []byte, spec *bodySpec) (fields, *apiError) {
	f := fields{strings: map[string]string{}, arrays: map[string][]string{}}
	names, members, e := parseMembers(raw, spec)
	if e != nil {
		return f, e
	}
	var superfluous []string
	for _, n := range names {
		if spec.field(n) == nil {
			superfluous = append(superfluous, textSuperfluous(n))
		}
	}
	if superfluous != nil {
		return f, newError(http.StatusBadRequest, superfluous...)
	}
	var wrong []string
	for _, s := range spec.fields {
		value, given := members[s.name]
		isNull := bytes.Equal(value, []byte("null"))
		absent := !given || isNull // PHP clients send null for what was left out
		switch {
		case absent && !s.required:
		case absent:
			wrong = append(wrong, textMissing(s.name))
		case !f.take(s, value):
			wrong = append(wrong, textInvalidType(s.name, string(s.kind)))
		}
	}
	if wrong != nil {
		return f, newError(http.StatusBadRequest, wrong...)
	}
	return f, nil
}

func (f fields) take(s fieldSpec, value json.RawMessage) bool {
	switch s.kind {
	case typeString:
		var v string
		if json.Unmarshal(value, &v) != nil {
			return false
		}
		f.strings[s.name] = v
	case typeStringArray:
		var v []*string // a null in the array would otherwise pass as ""
		if json.Unmarshal(value, &v) != nil {
			return false
		}
		list := make([]string, len(v))
		for i, p := range v {
			if p == nil {
				return false
			}
			list[i] = *p
		}
		f.arrays[s.name] = list
	}
	return true
}

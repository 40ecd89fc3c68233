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
	typeNumberArray fieldType = "ARRAY containing INTEGER"
	typeStructArray fieldType = "ARRAY containing STRUCT"
)

type fieldSpec struct {
	name     string
	kind     fieldType
	required bool
	of       *bodySpec // what each element of a typeStructArray holds
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
	numbers map[string][]int64
	structs map[string][]fields
}

func (f fields) has(name string) bool {
	_, s := f.strings[name]
	_, a := f.arrays[name]
	_, n := f.numbers[name]
	_, o := f.structs[name]
	return s || a || n || o
}

// parseMembers is the check of the syntax: one JSON object and nothing after it. names keeps the
// order they were sent in.
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

// parseBody makes the checks of the body in bunq's order: syntax, then every superfluous field,
// then every missing field and wrong type; each of them also in what lists contain.
func parseBody(raw []byte, spec *bodySpec) (fields, *apiError) {
	names, members, e := parseMembers(raw, spec)
	if e != nil {
		return fields{}, e
	}
	if superfluous := spec.superfluous(names, members); superfluous != nil {
		return fields{}, newError(http.StatusBadRequest, superfluous...)
	}

	f, wrong := spec.take(members)
	if wrong != nil {
		return fields{}, newError(http.StatusBadRequest, wrong...)
	}
	return f, nil
}

// superfluous returns a text for each member that is not known, in the order they were sent in.
func (b *bodySpec) superfluous(names []string, members map[string]json.RawMessage) (texts []string) {
	for _, n := range names {
		s := b.field(n)
		if s == nil {
			texts = append(texts, wordsSuperfluous.text(n))
			continue
		}
		if s.kind != typeStructArray {
			continue
		}
		elements, _ := structElements(members[n]) // what is wrong with their types is said later
		for _, el := range elements {
			texts = append(texts, s.of.superfluous(el.names, el.members)...)
		}
	}
	return texts
}

// take returns the values of the members, or a text for each that is missing or of the wrong type.
func (b *bodySpec) take(members map[string]json.RawMessage) (f fields, wrong []string) {
	f = fields{strings: map[string]string{}, arrays: map[string][]string{}, numbers: map[string][]int64{}, structs: map[string][]fields{}}
	for _, s := range b.fields {
		value, given := members[s.name]
		isNull := bytes.Equal(value, []byte("null"))
		absent := !given || isNull // PHP clients send null for what was left out
		switch {
		case absent && !s.required:
		case absent:
			wrong = append(wrong, wordsMissing.text(s.name))
		default:
			wrong = append(wrong, f.take(s, value)...)
		}
	}
	return f, wrong
}

func (f fields) take(s fieldSpec, value json.RawMessage) (wrong []string) {
	wrongType := []string{wordsType.text(s.name, s.kind)}
	switch s.kind {
	case typeString:
		var v string
		if json.Unmarshal(value, &v) != nil {
			return wrongType
		}
		f.strings[s.name] = v
	case typeStringArray:
		list, ok := elements[string](value)
		if !ok {
			return wrongType
		}
		f.arrays[s.name] = list
	case typeNumberArray:
		list, ok := elements[int64](value)
		if !ok {
			return wrongType
		}
		f.numbers[s.name] = list
	case typeStructArray:
		elements, ok := structElements(value)
		if !ok {
			return wrongType
		}
		list := make([]fields, len(elements))
		for i, el := range elements {
			var w []string
			list[i], w = s.of.take(el.members)
			wrong = append(wrong, w...)
		}
		f.structs[s.name] = list
	}
	return wrong
}

// elements returns what an array holds, and whether it is one of that type and has no null.
func elements[T any](value json.RawMessage) (list []T, ok bool) {
	var v []*T // a null would otherwise pass as the zero value
	if json.Unmarshal(value, &v) != nil {
		return nil, false
	}
	for _, p := range v {
		if p == nil {
			return nil, false
		}
		list = append(list, *p)
	}
	return list, true
}

type structElement struct {
	names   []string
	members map[string]json.RawMessage
}

// structElements returns the objects of an array, and whether it is one and holds nothing else.
func structElements(value json.RawMessage) (elements []structElement, ok bool) {
	var raw []json.RawMessage
	if json.Unmarshal(value, &raw) != nil {
		return nil, false
	}
	ok = true
	for _, r := range raw {
		names, members, e := parseMembers(r, &bodySpec{})
		if e != nil {
			ok = false
			continue
		}
		elements = append(elements, structElement{names, members})
	}
	return elements, ok
}

package probe

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
)

// object is what an element of a Response holds.
type object map[string]json.RawMessage

func (o object) text(name string) string {
	var s string
	_ = json.Unmarshal(o[name], &s) // another type reads as "", which no question takes for an answer
	return s
}

func (o object) id() int64 {
	var n int64
	_ = json.Unmarshal(o["id"], &n) // another type reads as 0, which is no id
	return n
}

func (o object) has(name string) bool { _, ok := o[name]; return ok }

// elements returns the members of Response, each an object under its type.
func (x *exchange) elements() ([]map[string]object, bool) {
	var outer map[string]json.RawMessage
	if json.Unmarshal(x.body, &outer) != nil {
		return nil, false
	}
	var out []map[string]object
	if json.Unmarshal(outer["Response"], &out) != nil || out == nil {
		return nil, false
	}
	return out, true
}

// ok reports whether the call succeeded: 200, with the signature that belongs to it.
func (x *exchange) ok() bool { return x.status == http.StatusOK && x.trusted() }

// errorTexts returns what the Error envelope says; nil where there is none that is whole.
func (x *exchange) errorTexts() []string {
	var outer struct {
		Error []struct {
			Description *string `json:"error_description"`
			Translated  *string `json:"error_description_translated"`
		} `json:"Error"`
	}
	if json.Unmarshal(x.body, &outer) != nil {
		return nil
	}
	var out []string
	for _, e := range outer.Error {
		if e.Description == nil || e.Translated == nil {
			return nil
		}
		out = append(out, *e.Description)
	}
	return out
}

// says reports whether the answer is an error of this status with this text alone, signed as its
// status is to be.
func (x *exchange) says(status int, text string) bool {
	return x.status == status && x.trusted() && slices.Equal(x.errorTexts(), []string{text})
}

// objects returns all elements of a type, each with the fields named. What is not a signed list of
// that is a surprise.
func (x *exchange) objects(kind string, fields ...string) []object {
	if x.status != http.StatusOK {
		fail(unforeseen(x, "the status is not 200"))
	}
	if !x.trusted() {
		fail(unforeseen(x, "its signature is "+string(x.signature)))
	}
	elements, ok := x.elements()
	if !ok {
		fail(unforeseen(x, "it has no Response array"))
	}

	out := []object{}
	for _, e := range elements {
		o, ok := e[kind]
		if !ok {
			continue
		}
		for _, f := range fields {
			if !o.has(f) {
				fail(unforeseen(x, fmt.Sprintf("its %s has no %s", kind, f)))
			}
		}
		out = append(out, o)
	}
	return out
}

// object returns the one element of a type.
func (x *exchange) object(kind string, fields ...string) object {
	all := x.objects(kind, fields...)
	if len(all) != 1 {
		fail(unforeseen(x, fmt.Sprintf("it has %d elements %s, not one", len(all), kind)))
	}
	return all[0]
}

// id returns the id that a creation or a change is answered with.
func (x *exchange) id() int64 {
	n := x.object("Id", "id").id()
	if n <= 0 {
		fail(unforeseen(x, "its Id is not a positive number"))
	}
	return n
}

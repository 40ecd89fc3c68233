package lifecycle_test

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// references looks up the object of a resource; false where it is not there.
type references func(typ string) (tftypes.Value, bool)

// whole is a reference to a whole resource: an unknown one where it is not
// there yet.
func (r references) whole(typ string) tftypes.Value {
	v, ok := r(typ)
	if !ok {
		return tftypes.NewValue(tftypes.DynamicPseudoType, tftypes.UnknownValue)
	}
	return v
}

// attr is a reference to one attribute.
func (r references) attr(typ, name string) tftypes.Value {
	v, ok := r(typ)
	if !ok || !v.IsKnown() || v.IsNull() {
		return tftypes.NewValue(tftypes.DynamicPseudoType, tftypes.UnknownValue)
	}
	return members(v)[name]
}

func str(s string) tftypes.Value   { return tftypes.NewValue(tftypes.String, s) }
func boolean(b bool) tftypes.Value { return tftypes.NewValue(tftypes.Bool, b) }

func set(items ...string) tftypes.Value {
	values := make([]tftypes.Value, len(items))
	for i, s := range items {
		values[i] = str(s)
	}
	return tftypes.NewValue(tftypes.Set{ElementType: tftypes.String}, values)
}

// members are the attributes of a known object.
func members(v tftypes.Value) map[string]tftypes.Value {
	out := map[string]tftypes.Value{}
	if err := v.As(&out); err != nil {
		panic(fmt.Sprintf("not an object: %v", err))
	}
	return out
}

// text is a string attribute of an object, "" for null and unknown.
func text(v tftypes.Value, name string) string {
	m, ok := members(v)[name]
	if !ok {
		panic("no attribute " + name)
	}
	if !m.IsKnown() || m.IsNull() {
		return ""
	}
	var s string
	if err := m.As(&s); err != nil {
		panic(err)
	}
	return s
}

func null(of tftypes.Type) tftypes.Value    { return tftypes.NewValue(of, nil) }
func unknown(of tftypes.Type) tftypes.Value { return tftypes.NewValue(of, tftypes.UnknownValue) }

// buildObject gives each attribute its value, converted as Terraform converts:
// an object that has more members than the attribute takes loses them.
func buildObject(attributes []*tfprotov6.SchemaAttribute, body map[string]tftypes.Value) tftypes.Value {
	types, values := map[string]tftypes.Type{}, map[string]tftypes.Value{}
	for _, a := range attributes {
		of := a.ValueType()
		types[a.Name] = of
		v, ok := body[a.Name]
		switch {
		case !ok:
			values[a.Name] = null(of)
		default:
			values[a.Name] = convert(a, of, v)
		}
		delete(body, a.Name)
	}
	for name := range body {
		panic("no attribute " + name)
	}
	return tftypes.NewValue(tftypes.Object{AttributeTypes: types}, values)
}

// single reports whether an attribute is an object, whose members have attributes of their own.
func single(a *tfprotov6.SchemaAttribute) bool {
	return a.NestedType != nil && a.NestedType.Nesting == tfprotov6.SchemaObjectNestingModeSingle
}

func convert(a *tfprotov6.SchemaAttribute, of tftypes.Type, v tftypes.Value) tftypes.Value {
	switch {
	case !v.IsKnown():
		return unknown(of)
	case v.IsNull():
		return null(of)
	case !single(a):
		return v
	}
	given, taken := members(v), map[string]tftypes.Value{}
	for _, n := range a.NestedType.Attributes {
		if m, ok := given[n.Name]; ok {
			taken[n.Name] = m
		}
	}
	return buildObject(a.NestedType.Attributes, taken)
}

// proposedNew merges configuration and prior state as core does before it asks
// for a plan: what the configuration leaves out and the provider computes keeps
// its prior value, and write-only values are taken out.
func proposedNew(attributes []*tfprotov6.SchemaAttribute, prior, config tftypes.Value) tftypes.Value {
	before := map[string]tftypes.Value{}
	if prior.IsKnown() && !prior.IsNull() {
		before = members(prior)
	}
	given, types, values := members(config), map[string]tftypes.Type{}, map[string]tftypes.Value{}
	for _, a := range attributes {
		of := a.ValueType()
		types[a.Name] = of
		was, ok := before[a.Name]
		if !ok {
			was = null(of)
		}
		c := given[a.Name]
		switch {
		case a.WriteOnly:
			values[a.Name] = null(of)
		case c.IsNull() && a.Computed:
			values[a.Name] = was
		case c.IsNull() || !c.IsKnown() || !single(a):
			values[a.Name] = c
		default:
			values[a.Name] = proposedNew(a.NestedType.Attributes, was, c)
		}
	}
	return tftypes.NewValue(tftypes.Object{AttributeTypes: types}, values)
}

// contradicts names the first place where got differs from what planned knew:
// core fails an apply for it ("Provider produced inconsistent result").
func contradicts(at string, planned, got tftypes.Value) string {
	switch {
	case !planned.IsKnown():
		return ""
	case planned.IsNull() != got.IsNull():
		return at
	case planned.IsNull():
		return ""
	}
	if planned.Type().Is(tftypes.Object{}) {
		now := members(got)
		for name, p := range members(planned) {
			if where := contradicts(at+"."+name, p, now[name]); where != "" {
				return where
			}
		}
		return ""
	}
	if planned.IsFullyKnown() && !planned.Equal(got) {
		return at
	}
	return ""
}

package core

import (
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Args are the arguments of a block. Those that are missing are null.
type Args map[string]tftypes.Value

// Of returns the block that the arguments make, converted as Terraform converts: an object that has more members than
// the attribute takes loses them, and so a whole resource can be an argument.
func (a Args) Of(schema *tfprotov6.Schema) tftypes.Value { return a.object(schema.Block.Attributes) }

func (a Args) object(attributes []*tfprotov6.SchemaAttribute) tftypes.Value {
	types, values := map[string]tftypes.Type{}, map[string]tftypes.Value{}
	for _, attribute := range attributes {
		of := attribute.ValueType()
		types[attribute.Name] = of
		if v, given := a[attribute.Name]; given {
			values[attribute.Name] = convert(attribute, of, v)
		} else {
			values[attribute.Name] = tftypes.NewValue(of, nil)
		}
	}
	for name := range a {
		if _, ok := types[name]; !ok {
			panic("no attribute " + name)
		}
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
		return tftypes.NewValue(of, tftypes.UnknownValue)
	case v.IsNull():
		return tftypes.NewValue(of, nil)
	case !single(a):
		return v
	}

	given, taken := Members(v), Args{}
	for _, n := range a.NestedType.Attributes {
		if m, ok := given[n.Name]; ok {
			taken[n.Name] = m
		}
	}
	return taken.object(a.NestedType.Attributes)
}

// proposed merges configuration and prior state as core does before it asks for a plan: what the configuration omits
// and the provider computes keeps its prior value, and write-only values are taken out.
func proposed(attributes []*tfprotov6.SchemaAttribute, prior, config tftypes.Value) tftypes.Value {
	var before map[string]tftypes.Value
	if prior.IsKnown() && !prior.IsNull() {
		before = Members(prior)
	}

	given, types, values := Members(config), map[string]tftypes.Type{}, map[string]tftypes.Value{}
	for _, a := range attributes {
		of := a.ValueType()
		types[a.Name] = of
		was, ok := before[a.Name]
		if !ok {
			was = tftypes.NewValue(of, nil)
		}
		switch c := given[a.Name]; {
		case a.WriteOnly:
			values[a.Name] = tftypes.NewValue(of, nil)
		case c.IsNull() && a.Computed:
			values[a.Name] = was
		case c.IsNull() || !c.IsKnown() || !single(a):
			values[a.Name] = c
		default:
			values[a.Name] = proposed(a.NestedType.Attributes, was, c)
		}
	}
	return tftypes.NewValue(tftypes.Object{AttributeTypes: types}, values)
}

// Contradiction names the first place where got differs from what planned knew, "" if there is none: core fails an
// apply for it ("Provider produced inconsistent result").
func Contradiction(at string, planned, got tftypes.Value) string {
	switch {
	case !planned.IsKnown():
		return ""
	case planned.IsNull() != got.IsNull():
		return at
	case planned.IsNull():
		return ""
	}

	if planned.Type().Is(tftypes.Object{}) {
		now := Members(got)
		for name, p := range Members(planned) {
			if where := Contradiction(at+"."+name, p, now[name]); where != "" {
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

// String is a string value.
func String(s string) tftypes.Value { return tftypes.NewValue(tftypes.String, s) }

// Bool is a bool value.
func Bool(b bool) tftypes.Value { return tftypes.NewValue(tftypes.Bool, b) }

// Set is a set of strings.
func Set(items ...string) tftypes.Value {
	values := make([]tftypes.Value, len(items))
	for i, s := range items {
		values[i] = String(s)
	}
	return tftypes.NewValue(tftypes.Set{ElementType: tftypes.String}, values)
}

// Strings is an object of strings, such as an API context.
func Strings(members map[string]string) tftypes.Value {
	types, values := map[string]tftypes.Type{}, map[string]tftypes.Value{}
	for name, s := range members {
		types[name], values[name] = tftypes.String, String(s)
	}
	return tftypes.NewValue(tftypes.Object{AttributeTypes: types}, values)
}

// Identity is a resource identity.
func Identity(members map[string]string) *tfprotov6.ResourceIdentityData {
	return &tfprotov6.ResourceIdentityData{IdentityData: Dynamic(Strings(members))}
}

// Members are the members of a known object.
func Members(v tftypes.Value) map[string]tftypes.Value {
	var members map[string]tftypes.Value
	if err := v.As(&members); err != nil {
		panic(err)
	}
	return members
}

// Texts are the known string members of an object.
func Texts(v tftypes.Value) map[string]string {
	texts := map[string]string{}
	for name, m := range Members(v) {
		if m.Type().Is(tftypes.String) && m.IsKnown() && !m.IsNull() {
			texts[name] = text(m)
		}
	}
	return texts
}

// text is a string, "" for null and unknown.
func text(v tftypes.Value) string {
	if !v.IsKnown() || v.IsNull() {
		return ""
	}
	var s string
	if err := v.As(&s); err != nil {
		panic(err)
	}
	return s
}

package onboarding

import (
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

func setOf(values ...string) types.Set {
	elements := make([]attr.Value, len(values))
	for i, v := range values {
		elements[i] = types.StringValue(v)
	}
	return types.SetValueMust(types.StringType, elements)
}

func TestAddresses(t *testing.T) {
	tests := []struct {
		name string
		set  types.Set
		want []string
	}{
		{"omitted", types.SetNull(types.StringType), nil},
		{"unknown", types.SetUnknown(types.StringType), nil},
		{"what is not known yet is omitted", types.SetValueMust(types.StringType, []attr.Value{types.StringUnknown(), types.StringValue("203.0.113.9")}), []string{"203.0.113.9"}},
		{"always in the same order", setOf("198.51.100.1", "203.0.113.9"), []string{"203.0.113.9", "198.51.100.1"}},
		{"every address comes last, after the own one", setOf("*", "203.0.113.9", "2001:db8::1"), []string{"203.0.113.9", "2001:db8::1", "*"}},
	}
	for _, tt := range tests {
		if got := addresses(tt.set); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}

func TestSameAddress(t *testing.T) {
	tests := []struct {
		a, b string
		want bool
	}{
		{"203.0.113.9", "203.0.113.9", true},
		{"203.0.113.9", "203.0.113.90", false},
		{"2001:db8::1", "2001:DB8:0:0:0:0:0:1", true},
		{"2001:db8::1", "2001:db8::10", false},
		{"::ffff:203.0.113.9", "203.0.113.9", true},
		{"*", "*", true},
		{"*", "203.0.113.9", false},
		{"nowhere", "elsewhere", false},
	}
	for _, tt := range tests {
		if got := sameAddress(tt.a, tt.b); got != tt.want || sameAddress(tt.b, tt.a) != got {
			t.Errorf("%s and %s: %v", tt.a, tt.b, got)
		}
	}
}

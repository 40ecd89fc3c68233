package providerdata

import (
	"maps"
	"slices"
	"testing"
)

// A member that only one of the two lists has would fail in every resource at once, or be missing
// from the documentation.
func TestAPIContextMembers_areThoseOfTheObject(t *testing.T) {
	t.Parallel()
	var described, sensitive []string
	for _, m := range APIContextMembers() {
		if m.Description == "" {
			t.Errorf("%s has no description", m.Name)
		}
		described = append(described, m.Name)
		if m.Sensitive {
			sensitive = append(sensitive, m.Name)
		}
	}
	slices.Sort(described)
	if want := slices.Sorted(maps.Keys(APIContextTypes())); !slices.Equal(described, want) {
		t.Errorf("described are %v, the object has %v", described, want)
	}
	if want := []string{"api_key", "installation_token", "private_key_pem"}; !slices.Equal(sensitive, want) {
		t.Errorf("sensitive are %v, want %v", sensitive, want)
	}
}

package providerdata

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/signing"
)

func object(t testing.TB, m APIContextModel) types.Object {
	t.Helper()
	obj, diags := m.Object(t.Context())
	if diags.HasError() {
		t.Fatal(diags)
	}
	return obj
}

// Resources that carry the same context share its keys and its calls; those whose context differs
// in any member do not.
func TestData_Access_sharesEqualContexts(t *testing.T) {
	d := usable(t)
	access := func(m APIContextModel) *Access {
		t.Helper()
		a, diags := d.Access(object(t, m), path.Root("api_context"))
		if diags.HasError() {
			t.Fatal(diags)
		}
		return a
	}

	m := contextModel(t, "sandbox")
	first, again := access(m), access(m)
	if first.Context != again.Context || first.Calls != again.Calls {
		t.Error("the same context was parsed twice")
	}
	if seen := len(d.Seen()); seen != 1 {
		t.Errorf("%d contexts were seen, want 1", seen)
	}

	key, err := signing.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	private, err := signing.MarshalPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	public, err := signing.MarshalPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*APIContextModel){
		"API key":            func(m *APIContextModel) { m.APIKey = types.StringValue("other") },
		"installation token": func(m *APIContextModel) { m.InstallationToken = types.StringValue("other") },
		"private key":        func(m *APIContextModel) { m.PrivateKeyPEM = types.StringValue(private) },
		"server key":         func(m *APIContextModel) { m.ServerPublicKeyPEM = types.StringValue(public) },
	} {
		other := m
		change(&other)
		got := access(other)
		if got.Calls == first.Calls || got.Context.Fingerprint() == first.Context.Fingerprint() {
			t.Errorf("a context with another %s was taken for the first", name)
		}
	}
	if seen := len(d.Seen()); seen != 5 {
		t.Errorf("%d contexts were seen, want 5", seen)
	}
}

// An error points at the attribute of the resource that has it, each time.
func TestData_Access_reportsEachUnusableContext(t *testing.T) {
	d := &Data{Environment: bunq.Sandbox}
	m := contextModel(t, "sandbox")
	m.PrivateKeyPEM = types.StringValue("no key")
	for _, at := range []path.Path{path.Root("api_context"), path.Root("other")} {
		_, diags := d.Access(object(t, m), at)
		if len(diags) != 1 || !strings.Contains(diags[0].Detail(), "private key of the installation") {
			t.Fatalf("got %v", diags)
		}
		if got := diags.Errors()[0].(interface{ Path() path.Path }).Path(); !got.Equal(at) {
			t.Errorf("points at %s, want %s", got, at)
		}
	}
}

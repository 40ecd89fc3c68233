package providerdata

import (
	"path/filepath"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/session"
)

// Which credential a key belongs to outlives the run that made the key, for that key alone.
func TestNoteCredential_isKeptBetweenRuns(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cache")
	run := func(ac bunq.APIContext) *session.Source {
		return session.New(nil, session.Options{CacheDir: dir, BaseURL: "https://bank.test/v1"}).For(ac)
	}
	parsed := func() bunq.APIContext {
		ac, diags := contextModel(t, "sandbox").Parse(path.Empty())
		if diags.HasError() {
			t.Fatal(diags)
		}
		return ac
	}
	mine, another := parsed(), parsed()

	if id := CredentialOf(t.Context(), run(mine)); id != 0 {
		t.Errorf("before it was noted, the credential is %d", id)
	}
	NoteCredential(t.Context(), run(mine), "4711")
	NoteCredential(t.Context(), run(mine), "4711")
	if id := CredentialOf(t.Context(), run(mine)); id != 4711 {
		t.Errorf("the credential is %d", id)
	}
	NoteCredential(t.Context(), run(mine), "4712")
	if id := CredentialOf(t.Context(), run(mine)); id != 4712 {
		t.Errorf("after another one was noted, the credential is %d", id)
	}
	if id := CredentialOf(t.Context(), run(another)); id != 0 {
		t.Errorf("the credential of another key is %d", id)
	}
}

func TestStringOrNull(t *testing.T) {
	if s := StringOrNull(""); !s.IsNull() {
		t.Errorf("nothing is %s", s)
	}
	if s := StringOrNull("x"); s.ValueString() != "x" {
		t.Errorf("x is %s", s)
	}
}

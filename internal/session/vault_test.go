package session

import (
	"bytes"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
)

func mustVault(t *testing.T, ac bunq.APIContext, baseURL string) *vault {
	t.Helper()
	v, err := newVault(ac, baseURL)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// flipped differs from s in its last character.
func flipped(s bunq.Secret) bunq.Secret {
	text := s.Reveal()
	last := text[len(text)-1] ^ 1
	return bunq.Secret(text[:len(text)-1] + string(rune(last)))
}

// Whoever has the file and all but one of the parts has nothing.
func TestVault_needsEverySecretAndItsPlace(t *testing.T) {
	plain := []byte("plain text")
	owner := mustVault(t, testContext(), testURL)
	sealed := owner.seal(plain)
	if got, err := mustVault(t, testContext(), testURL).open(sealed); err != nil || !bytes.Equal(got, plain) {
		t.Fatalf("the same context: %q, %v", got, err)
	}
	for name, change := range map[string]func(ac *bunq.APIContext, url *string){
		"another API key":            func(ac *bunq.APIContext, _ *string) { ac.APIKey = flipped(ac.APIKey) },
		"no API key":                 func(ac *bunq.APIContext, _ *string) { ac.APIKey = "" },
		"another installation token": func(ac *bunq.APIContext, _ *string) { ac.Installation.Token = flipped(ac.Installation.Token) },
		"no installation token":      func(ac *bunq.APIContext, _ *string) { ac.Installation.Token = "" },
		"another private key":        func(ac *bunq.APIContext, _ *string) { ac.Installation.PrivateKey = secondKey() },
		"another environment":        func(ac *bunq.APIContext, _ *string) { ac.Environment = bunq.Production },
		"another base URL":           func(_ *bunq.APIContext, url *string) { *url = "https://api.bunq.com/v1" },
		"parts of other lengths": func(ac *bunq.APIContext, _ *string) {
			ac.APIKey, ac.Installation.Token = ac.APIKey+ac.Installation.Token[:1], ac.Installation.Token[1:]
		},
	} {
		t.Run(name, func(t *testing.T) {
			ac, url := testContext(), testURL
			change(&ac, &url)
			other := mustVault(t, ac, url)
			if other.name == owner.name {
				t.Error("the name of the file is the same")
			}
			if _, err := other.open(sealed); err == nil {
				t.Error("it opens the file")
			}
		})
	}
}

func TestVault_everyByteCounts(t *testing.T) {
	v := mustVault(t, testContext(), testURL)
	sealed := v.seal([]byte(`{"session":{"id":1}}`))
	for i := range sealed {
		for bit := range 8 {
			changed := bytes.Clone(sealed)
			changed[i] ^= 1 << bit
			if _, err := v.open(changed); err == nil {
				t.Errorf("bit %d of byte %d does not matter", bit, i)
			}
		}
		if _, err := v.open(sealed[:i]); err == nil {
			t.Errorf("the first %d bytes are believed", i)
		}
	}
	if _, err := v.open(append(bytes.Clone(sealed), 0)); err == nil {
		t.Error("a byte more is believed")
	}
}

func TestVault_sealsAnewEachTime(t *testing.T) {
	v := mustVault(t, testContext(), testURL)
	if first, second := v.seal([]byte("plain text")), v.seal([]byte("plain text")); bytes.Equal(first[:12], second[:12]) {
		t.Error("the nonce was used twice")
	}
}

func TestVault_withoutAKeyThereIsNone(t *testing.T) {
	ac := testContext()
	ac.Installation.PrivateKey = nil
	if _, err := newVault(ac, testURL); err == nil {
		t.Error("a vault without a private key")
	}
	dir := t.TempDir()
	mustSession(t, process(&bank{}, dir).For(ac))
	if _, ok := live(t, process(&bank{}, dir).For(ac)); ok {
		t.Error("its session was kept all the same")
	}
}

func FuzzVaultOpen(f *testing.F) {
	v, err := newVault(testContext(), testURL)
	if err != nil {
		f.Fatal(err)
	}
	sealed := v.seal([]byte("plain text"))
	f.Add(sealed)
	f.Add(sealed[:12])
	f.Add([]byte(nil))
	f.Fuzz(func(t *testing.T, data []byte) {
		if plain, err := v.open(data); err == nil && !bytes.Equal(data, sealed) {
			t.Errorf("a forged file is believed: %q", plain)
		}
	})
}

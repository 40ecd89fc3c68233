package providerdata

import "testing"

func TestIsID(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"1":                    true,
		"184760":               true,
		"9223372036854775807":  true,
		"9999999999999999999":  false, // more than 64 bits hold
		"10000000000000000000": false,
		"":                     false,
		"0":                    false,
		"007":                  false,
		"-1":                   false,
		"+1":                   false,
		"1.5":                  false,
		" 1":                   false, //nolint:gocritic // the space is the point
		"1\n":                  false,
		"0123abcd":             false,
	} {
		if got := IsID(text); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

func TestFormatID_readsBack(t *testing.T) {
	t.Parallel()
	for _, id := range []int64{1, 184760, 9223372036854775807} {
		text := FormatID(id)
		if !IsID(text) {
			t.Errorf("%q is no ID", text)
		}
		if got, err := ParseID(text); got != id || err != nil {
			t.Errorf("%d was read back as %d (%v)", id, got, err)
		}
	}
}

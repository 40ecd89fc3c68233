package qseal

import (
	"encoding/asn1"
	"encoding/pem"
	"math"
	"os"
	"path/filepath"
	"testing"
)

// OpenSSL's own numbers, from files that it wrote.
func TestRounds(t *testing.T) {
	for name, want := range map[string]int64{
		"modern.p12":        3 * 2048, // certificates, key, MAC
		"legacy.p12":        3 * 2048,
		"pbmac1.p12":        2 * 2048, // key or certificates, MAC
		"not-encrypted.p12": 2048,
		"many-rounds.p12":   2 * 2_500_001,
		"no-mac.p12":        2048,
	} {
		der, err := os.ReadFile(filepath.Join("..", "functions", "testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		if got := Rounds(der); got != want {
			t.Errorf("%s: %d, want %d", name, got, want)
		}
	}
	for _, name := range []string{"qseal.key", "qseal-pkcs8-scrypt.key", "pseudo.pem"} {
		block, _ := pem.Decode([]byte(vector(t, name)))
		if got := Rounds(block.Bytes); name != "qseal-pkcs8-scrypt.key" && got != 0 {
			t.Errorf("%s: %d", name, got)
		}
	}
}

func TestRounds_ofDamagedFiles(t *testing.T) {
	encode := func(v any) []byte {
		der, err := asn1.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	type pair struct {
		Salt []byte
		N    asn1.RawValue
	}
	huge := asn1.RawValue{FullBytes: append([]byte{0x02, 20}, make([]byte, 20)...)}
	huge.FullBytes[2] = 1
	many := encode([]pair{{nil, huge}, {nil, huge}})
	if got := Rounds(many); got != math.MaxInt64 {
		t.Errorf("a number that fits no integer: %d", got)
	}
	if got := Rounds(many[:len(many)-1]); got != 0 {
		t.Errorf("cut off: %d", got)
	}
}

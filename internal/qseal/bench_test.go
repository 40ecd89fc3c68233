package qseal

import "testing"

// BenchmarkParse measures the reading of a certificate as every plan of a credential does it:
// parsed alone, together with its chain, and with all that is judged before anything is sent.
func BenchmarkParse(b *testing.B) {
	leaf, chain := vector(b, "seal.pem"), vector(b, "intermediate.pem", "root.pem")
	b.Run("certificate", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := Parse(leaf); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("with its chain", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := ParseBundle(leaf, chain); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("with its chain, checked", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			bundle, err := ParseBundle(leaf, chain)
			if err != nil {
				b.Fatal(err)
			}
			if problems := bundle.Certificate.Check("production", bundle.Chain, today); len(problems) > 0 {
				b.Fatal(problems)
			}
		}
	})
}

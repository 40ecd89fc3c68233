package qseal

import (
	"encoding/asn1"
	"math"
)

// MaxRounds limits the work of a key derivation to about five seconds. OpenSSL writes 2,048 rounds by
// default, and the most careful programs below a million.
const MaxRounds = 5_000_000

// maxDepth is far below what a file of a few kilobytes can be nested, and above what any format is.
const maxDepth = 24

// Rounds returns how many rounds of key derivation an encrypted key or a PKCS#12 file asks for in
// all, as far as that can be read without its passphrase; 0 for a number of rounds below one.
//
// All schemes write their parameters alike: in a sequence, the salt, and right after it the rounds
// (PBKDF2, PKCS#12's own scheme and its MAC). So no scheme needs to be known.
func Rounds(der []byte) int64 { return rounds(der, maxDepth) }

func rounds(der []byte, depth int) (sum int64) {
	afterSalt := false
	for len(der) > 0 && depth > 0 {
		var v asn1.RawValue
		rest, err := asn1.Unmarshal(der, &v)
		if err != nil {
			return sum
		}
		der = rest

		switch {
		case v.IsCompound:
			sum = add(sum, rounds(v.Bytes, depth-1))
		case v.Class == asn1.ClassUniversal && v.Tag == asn1.TagOctetString:
			sum = add(sum, rounds(v.Bytes, depth-1)) // PKCS#12 has its content in one
		case v.Class == asn1.ClassUniversal && v.Tag == asn1.TagInteger && afterSalt:
			var n int64
			if _, err := asn1.Unmarshal(v.FullBytes, &n); err != nil {
				n = math.MaxInt64
			}
			sum = add(sum, max(n, 0))
		}
		afterSalt = v.Class == asn1.ClassUniversal && v.Tag == asn1.TagOctetString
	}
	return sum
}

// add stops at the largest number.
func add(a, b int64) int64 {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}

package bunqsim

import (
	"crypto/rsa"
	"crypto/sha256"
	"strconv"
	"testing"
)

// A signature that was made before is that of its key and message, also where another key signed
// the same or this key another message in between.
func TestSign_madeBefore(t *testing.T) {
	t.Parallel()
	keys := []*rsa.PrivateKey{processKeys[0](), newKey()}
	for range 2 {
		for i, k := range keys {
			for _, message := range []string{"one", "other"} {
				sig, err := sign(k, []byte(message))
				if err != nil {
					t.Fatal(err)
				}
				if !verify(&k.PublicKey, []byte(message), sig) {
					t.Errorf("the signature of key %d over %q is not its own", i, message)
				}
			}
		}
	}
}

func TestSignatureCache_staysSmall(t *testing.T) {
	t.Parallel()
	c := signatureCache{made: map[signatureOf]string{}}
	var last signatureOf
	for i := range 2*maxSignatures + 1 {
		last = signatureOf{sum: sha256.Sum256([]byte(strconv.Itoa(i)))}
		c.put(last, strconv.Itoa(i))
		if len(c.made) > maxSignatures {
			t.Fatalf("%d signatures are kept, at most %d should be", len(c.made), maxSignatures)
		}
	}
	if text, ok := c.get(last); !ok || text != strconv.Itoa(2*maxSignatures) {
		t.Errorf("the last one is not kept: %q", text)
	}
}

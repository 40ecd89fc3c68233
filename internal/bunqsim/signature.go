package bunqsim

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"sync"
)

const keyBits = 2048

// processKeys are the server's keys of every Sim of this process that is given none: making one
// takes longer than most of what a test does with it. Enough for two installations that are made
// one after the other to have different ones, and for most simulators to use none twice.
var processKeys = [8]func() *rsa.PrivateKey{
	sync.OnceValue(newKey), sync.OnceValue(newKey), sync.OnceValue(newKey), sync.OnceValue(newKey),
	sync.OnceValue(newKey), sync.OnceValue(newKey), sync.OnceValue(newKey), sync.OnceValue(newKey),
}

func newKey() *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		panic("bunqsim: " + err.Error()) // only a wrong size can fail
	}
	return k
}

// sign makes RSASSA-PKCS1-v1_5 over SHA-256, in one line of standard base64.
func sign(key *rsa.PrivateKey, message []byte) (string, error) {
	of := signatureOf{key, sha256.Sum256(message)}
	if text, ok := signatures.get(of); ok {
		return text, nil
	}
	sig, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, of.sum[:])
	if err != nil {
		return "", err
	}
	text := base64.StdEncoding.EncodeToString(sig)
	signatures.put(of, text)
	return text, nil
}

// signatures are those that were made lately. A key has one such signature over a message, and
// tests of thousands of cases get the same answers again and again.
var signatures = signatureCache{made: map[signatureOf]string{}}

// signatureOf is a signature's key and message.
type signatureOf struct {
	key *rsa.PrivateKey
	sum [sha256.Size]byte
}

type signatureCache struct {
	mu   sync.Mutex
	made map[signatureOf]string
}

// maxSignatures keeps a simulator that runs for weeks at some megabytes.
const maxSignatures = 10_000

func (c *signatureCache) get(of signatureOf) (string, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	text, ok := c.made[of]
	return text, ok
}

func (c *signatureCache) put(of signatureOf, text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.made) >= maxSignatures {
		clear(c.made)
	}
	c.made[of] = text
}

// verify reports whether signature is key's over message: RSASSA-PKCS1-v1_5 over SHA-256. Wrapped or
// unpadded base64 isn't.
func verify(key *rsa.PublicKey, message []byte, signature string) bool {
	if strings.ContainsAny(signature, "\r\n") {
		return false
	}
	sig, err := base64.StdEncoding.Strict().DecodeString(signature)
	if err != nil {
		return false
	}
	sum := sha256.Sum256(message)
	return rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], sig) == nil
}

type pemBlock struct {
	kind string
	der  []byte
}

var errPEM = errors.New("not PEM")

// pemBlocks reads the PEM blocks of text. Line ends inside the base64 and at the end are not
// significant, as bunq takes keys and certificates on one line; anything else than white space
// around the blocks is refused.
func pemBlocks(text string) ([]pemBlock, error) {
	const begin, end, dashes = "-----BEGIN ", "-----END ", "-----"
	var out []pemBlock
	for {
		text = strings.TrimSpace(text)
		if text == "" {
			return out, nil
		}
		rest, ok := strings.CutPrefix(text, begin)
		if !ok {
			return nil, errPEM
		}
		kind, rest, ok := strings.Cut(rest, dashes)
		if !ok || kind == "" || strings.ContainsAny(kind, "\r\n") {
			return nil, errPEM
		}
		body, rest, ok := strings.Cut(rest, end+kind+dashes)
		if !ok {
			return nil, errPEM
		}
		der, err := base64.StdEncoding.Strict().DecodeString(strings.Join(strings.Fields(body), ""))
		if err != nil || len(der) == 0 {
			return nil, errPEM
		}
		out = append(out, pemBlock{kind, der})
		text = rest
	}
}

// parseClientKey reads the public key of an installation: one SubjectPublicKeyInfo block, RSA of
// 2048 bits.
func parseClientKey(text string) (*rsa.PublicKey, error) {
	blocks, err := pemBlocks(text)
	if err != nil {
		return nil, err
	}
	if len(blocks) != 1 || blocks[0].kind != "PUBLIC KEY" {
		return nil, errPEM
	}
	parsed, err := x509.ParsePKIXPublicKey(blocks[0].der)
	if err != nil {
		return nil, err
	}
	key, ok := parsed.(*rsa.PublicKey)
	if !ok {
		return nil, fmt.Errorf("%T is not RSA", parsed)
	}
	if key.N.BitLen() != keyBits {
		return nil, fmt.Errorf("RSA of %d bits", key.N.BitLen())
	}
	return key, nil
}

// publicKeyPEM returns the canonical form: 64 columns, a final line feed; 451 bytes for 2048 bits.
func publicKeyPEM(key *rsa.PublicKey) string {
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		panic("bunqsim: " + err.Error()) // RSA keys can be marshalled
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

func privateKeyPEM(key *rsa.PrivateKey) string {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		panic("bunqsim: " + err.Error())
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// key parses a private key of the store, once. Under Sim.mu.
func (s *Sim) key(text string) (*rsa.PrivateKey, error) {
	if k, ok := s.keys[text]; ok {
		return k, nil
	}
	b, _ := pem.Decode([]byte(text))
	if b == nil || b.Type != "PRIVATE KEY" {
		return nil, errPEM
	}
	parsed, err := x509.ParsePKCS8PrivateKey(b.Bytes)
	if err != nil {
		return nil, err
	}
	k, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("%T is not RSA", parsed)
	}
	s.keys[text] = k
	return k, nil
}

// nthServerKey returns the PEM of the server's n-th key. They begin again when there are no more, and
// two that follow one another differ.
func (s *Sim) nthServerKey(n int) string {
	if len(s.serverKeys) > 0 {
		return privateKeyPEM(s.serverKeys[n%len(s.serverKeys)])
	}
	return privateKeyPEM(processKeys[n%len(processKeys)]())
}

// serverKey returns the key that signs answers for an installation (nil: for a caller without one).
// Under Sim.mu.
func (s *Sim) serverKey(inst *Installation) (*rsa.PrivateKey, error) {
	text := s.st.ServerKey
	if inst != nil {
		if own, ok := s.st.ServerKeys[inst.ID]; ok {
			text = own
		}
	}
	return s.key(text)
}

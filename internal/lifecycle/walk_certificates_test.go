package lifecycle_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/signing"
)

// certificateFiles say which certificate a walk uses, and how its files are
// written.
type certificateFiles struct {
	generation int    // of the renewals for the same organisation, 1 for the first
	other      bool   // of another organisation
	form       string // crlf, bom, comment; "" for none of them
	// chain: omitted (""), self (repeats the certificate), issued (a certificate
	// with issuers), reversed (the issuers in other order), leaf (issuers with the
	// certificate among them), joined (certificate and issuers in one file).
	chain string
}

// generations is how many certificates of one organisation there are.
const generations = 3

func (c certificateFiles) issued() bool { return c.chain != "" && c.chain != "self" }

func (c certificateFiles) attributes() string {
	out := "  certificate_pem    = file(\"leaf.pem\")\n  private_key_pem_wo = file(\"key.pem\")\n"
	if c.chain != "" && c.chain != "joined" {
		out += "  certificate_chain_pem = file(\"chain.pem\")\n"
	}
	return out
}

// fingerprint is the SHA-256 fingerprint of the certificate, as the state has it.
func (c certificateFiles) fingerprint(t *testing.T) string {
	t.Helper()
	pool, err := certificatePool()
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode([]byte(pool.of(c.other, c.issued(), c.generation).certificate))
	return fmt.Sprintf("%x", sha256.Sum256(block.Bytes))
}

// files are the contents of the files that attributes names, by file name.
func (c certificateFiles) files(t *testing.T) map[string]string {
	t.Helper()
	pool, err := certificatePool()
	if err != nil {
		t.Fatal(err)
	}
	k := pool.of(c.other, c.issued(), c.generation)
	out := map[string]string{"leaf.pem": k.certificate, "key.pem": k.key}
	switch c.chain {
	case "self":
		out["chain.pem"] = k.certificate
	case "issued":
		out["chain.pem"] = pool.intermediate + pool.root
	case "reversed":
		out["chain.pem"] = pool.root + pool.intermediate
	case "leaf":
		out["chain.pem"] = k.certificate + pool.intermediate + pool.root
	case "joined":
		out["leaf.pem"] = k.certificate + pool.intermediate + pool.root
	}
	for _, name := range []string{"leaf.pem", "chain.pem"} {
		if out[name] != "" {
			out[name] = inForm(out[name], c.form)
		}
	}
	return out
}

// inForm is a PEM as some editor or tool wrote it: it means the same.
func inForm(text, form string) string {
	switch form {
	case "crlf":
		return strings.ReplaceAll(text, "\n", "\r\n")
	case "bom":
		return "\ufeff" + text
	case "comment":
		return "# from the issuer's portal\n" + text
	}
	return text
}

// pool holds all certificates of all walks: making keys is what takes longest.
type pool struct {
	root, intermediate string
	made               map[string]certificateAndKey
}

type certificateAndKey struct{ certificate, key string }

func (p *pool) of(other, issued bool, generation int) certificateAndKey {
	return p.made[fmt.Sprint(other, issued, (generation-1)%generations)]
}

var certificatePool = sync.OnceValues(func() (*pool, error) {
	p := &pool{made: map[string]certificateAndKey{}}
	var keys []*rsa.PrivateKey
	for range generations + 1 {
		k, err := signing.GenerateKey()
		if err != nil {
			return nil, err
		}
		keys = append(keys, k)
	}
	authority := keys[generations]
	rootTemplate, intermediateTemplate := template("Walk Root", 1), template("Walk Issuer", 2)
	root, err := certify(rootTemplate, rootTemplate, authority, authority)
	if err != nil {
		return nil, err
	}
	intermediate, err := certify(intermediateTemplate, rootTemplate, authority, authority)
	if err != nil {
		return nil, err
	}
	p.root, p.intermediate = root, intermediate
	for i, key := range keys[:generations] {
		for _, other := range []bool{false, true} {
			name := "Walk PISP AISP"
			if other {
				name = "Stranger PISP AISP"
			}
			leaf := template(name, int64(10+i))
			for _, issued := range []bool{false, true} {
				parent, by := leaf, key
				if issued {
					parent, by = intermediateTemplate, authority
				}
				c := certificateAndKey{}
				if c.certificate, err = certify(leaf, parent, key, by); err != nil {
					return nil, err
				}
				if c.key, err = signing.MarshalPrivateKey(key); err != nil {
					return nil, err
				}
				p.made[fmt.Sprint(other, issued, i)] = c
			}
		}
	}
	return p, nil
})

func template(name string, serial int64) *x509.Certificate {
	return &x509.Certificate{
		Subject: pkix.Name{CommonName: name, Country: []string{"NL"}}, SerialNumber: big.NewInt(serial),
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(365 * 24 * time.Hour),
		SignatureAlgorithm: x509.SHA256WithRSA, BasicConstraintsValid: true, IsCA: true,
	}
}

func certify(of, parent *x509.Certificate, key, by *rsa.PrivateKey) (string, error) {
	der, err := x509.CreateCertificate(rand.Reader, of, parent, &key.PublicKey, by)
	if err != nil {
		return "", err
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), nil
}

// String says which certificate it is.
func (c certificateFiles) String() string {
	whose := "the organisation's"
	if c.other {
		whose = "another organisation's"
	}
	return fmt.Sprintf("%s certificate of generation %d, form %q, chain %q", whose, c.generation, c.form, c.chain)
}

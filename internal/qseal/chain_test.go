package qseal

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/signing"
)

func TestChain_Without(t *testing.T) {
	for _, tt := range []struct {
		name  string
		leaf  string
		given []string
		want  []string
	}{
		{"issuer first, root last, leaf left out", "seal.pem", []string{"root.pem", "seal.pem", "intermediate.pem"}, []string{"intermediate.pem", "root.pem"}},
		{"an ordered chain stays as it is", "seal.pem", []string{"intermediate.pem", "root.pem"}, []string{"intermediate.pem", "root.pem"}},
		{"a certificate given twice counts once", "seal.pem", []string{"intermediate.pem", "root.pem", "intermediate.pem"}, []string{"intermediate.pem", "root.pem"}},
		{"both editions of an intermediate come before the root", "seal.pem",
			[]string{"root.pem", "intermediate-sha1.pem", "intermediate.pem"}, []string{"intermediate-sha1.pem", "intermediate.pem", "root.pem"}},
		{"a root certified crosswise comes before both roots", "seal.pem", []string{"root.pem", "other-root.pem", "root-cross.pem", "intermediate.pem"},
			[]string{"intermediate.pem", "root-cross.pem", "root.pem", "other-root.pem"}},
		{"strangers stand at the end", "seal.pem", []string{"other-root.pem", "root.pem", "intermediate.pem"}, []string{"intermediate.pem", "root.pem", "other-root.pem"}},
		{"a self-signed certificate alone is its own chain", "pseudo.pem", []string{"pseudo.pem"}, []string{"pseudo.pem"}},
		{"a self-signed certificate is its own chain where none is given", "pseudo.pem", nil, []string{"pseudo.pem"}},
		{"an issued certificate is not its own chain", "seal.pem", []string{"seal.pem"}, nil},
		{"no chain of an issued certificate is an empty one", "seal.pem", nil, nil},
		{"a self-signed certificate beside others is left out", "pseudo.pem", []string{"pseudo.pem", "root.pem"}, []string{"root.pem"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := chainOf(t, tt.given...).Without(certificate(t, tt.leaf))
			if got.PEM() != vector(t, tt.want...) || len(got) != len(tt.want) {
				t.Errorf("%d certificates:\n%s\nwant %v", len(got), got.PEM(), tt.want)
			}
		})
	}
}

func TestCertificate_checkChain(t *testing.T) {
	const mismatch = "Chain does not match the certificate"
	for _, tt := range []struct {
		name  string
		leaf  string
		chain []string
		want  string // the summary
		says  string
	}{
		{name: "in order", leaf: "seal.pem", chain: []string{"intermediate.pem", "root.pem"}},
		{name: "in reverse", leaf: "seal.pem", chain: []string{"root.pem", "intermediate.pem"}},
		{name: "with the leaf", leaf: "seal.pem", chain: []string{"root.pem", "seal.pem", "intermediate.pem"}},
		{name: "to the last intermediate", leaf: "seal.pem", chain: []string{"intermediate.pem"}},
		{name: "over a root signed with SHA-1", leaf: "seal.pem", chain: []string{"intermediate.pem", "root-sha1.pem"}},
		{name: "over an intermediate signed with SHA-1", leaf: "seal.pem", chain: []string{"intermediate-sha1.pem", "root-sha1.pem"}},
		{name: "two editions of one authority", leaf: "seal.pem", chain: []string{"intermediate.pem", "intermediate-expired.pem", "root.pem", "root-sha1.pem"}},
		{name: "a self-signed certificate with itself", leaf: "pseudo.pem", chain: []string{"pseudo.pem"}},
		{name: "a self-signed certificate without a chain", leaf: "pseudo.pem"},
		{name: "an elliptic curve certificate that has nothing to do with it", leaf: "seal.pem", chain: []string{"intermediate.pem", "ec.pem"},
			want: mismatch, says: "/CN=Vector EC PISP AISP/C=NL"},
		{name: "no chain", leaf: "seal.pem", want: "The chain of the certificate is missing", says: "/C=NL/O=Vector Trust/CN=Vector Seal CA"},
		{name: "the leaf only", leaf: "seal.pem", chain: []string{"seal.pem"}, want: mismatch, says: "/CN=Vector Seal CA"},
		{name: "the root only", leaf: "seal.pem", chain: []string{"root.pem"}, want: mismatch, says: "is not in the chain"},
		{name: "another key of the issuer's name", leaf: "seal.pem", chain: []string{"namesake.pem", "root.pem"}, want: mismatch, says: "another generation"},
		{name: "over a root certified crosswise", leaf: "seal.pem", chain: []string{"root-cross.pem", "other-root.pem", "intermediate.pem"}},
		{name: "the issuer's key under another name", leaf: "seal.pem", chain: []string{"renamed.pem", "root.pem"}, want: mismatch, says: "is not in the chain"},
		{name: "a stranger beside", leaf: "seal.pem", chain: []string{"intermediate.pem", "other-root.pem", "root.pem"},
			want: mismatch, says: "/C=NL/O=Other Trust/CN=Other Root CA"},
		{name: "a stranger beside a self-signed certificate", leaf: "pseudo.pem", chain: []string{"pseudo.pem", "root.pem"},
			want: mismatch, says: "Vector Root CA"},
		{name: "another leaf of the same issuer", leaf: "seal.pem", chain: []string{"intermediate.pem", "web.pem"}, want: mismatch, says: "Vector Payments"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := certificate(t, tt.leaf).checkChain(chainOf(t, tt.chain...))
			if tt.want == "" && len(got) == 0 {
				return
			}
			if len(got) != 1 || got[0].Summary != tt.want || !strings.Contains(got[0].Detail, tt.says) {
				t.Errorf("got %+v, want %q that says %q", got, tt.want, tt.says)
			}
		})
	}
}

func TestCertificate_checkChain_namesEveryStranger(t *testing.T) {
	got := certificate(t, "seal.pem").checkChain(chainOf(t, "ec.pem", "intermediate.pem", "other-root.pem"))
	for i, subject := range []string{"/CN=Vector EC PISP AISP/C=NL", "/CN=Other Root CA"} {
		if len(got) != 2 || !strings.Contains(got[i].Detail, subject) {
			t.Errorf("%s is not named: %+v", subject, got)
		}
	}
}

// A forged signature must not count: the names alone would fit.
func TestCertificate_checkChain_believesSignaturesNotNames(t *testing.T) {
	block, _ := pem.Decode([]byte(vector(t, "seal.pem")))
	block.Bytes[len(block.Bytes)-1] ^= 1
	forged, err := Parse(string(pem.EncodeToMemory(block)))
	if err != nil {
		t.Fatal(err)
	}
	if got := forged.checkChain(chainOf(t, "intermediate.pem", "root.pem")); len(got) != 1 || !strings.Contains(got[0].Detail, "another generation") {
		t.Errorf("got %+v", got)
	}
}

// Go cannot check RSASSA-PSS with a salt of another length than the hash, as some issuers sign. Such a chain is not
// called a wrong one.
func TestCertificate_CheckChain_leavesWhatGoCannotCheckToBunq(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	openssl := func(arguments ...string) {
		t.Helper()
		if out, err := exec.CommandContext(t.Context(), "openssl", arguments...).CombinedOutput(); err != nil {
			t.Fatalf("openssl %v: %v\n%s", arguments, err, out)
		}
	}
	openssl("req", "-x509", "-new", "-key", "testdata/client.key", "-subj", "/CN=PSS CA", "-days", "1", "-out", in("ca.pem"))
	openssl("req", "-new", "-key", "testdata/qseal.key", "-subj", "/CN=Leaf", "-out", in("leaf.csr"))
	openssl("x509", "-req", "-in", in("leaf.csr"), "-CA", in("ca.pem"), "-CAkey", "testdata/client.key", "-CAcreateserial", "-days", "1",
		"-sha256", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:20", "-out", in("leaf.pem"))

	read := func(name string) string {
		text, err := os.ReadFile(in(name))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	leaf, err := Parse(read("leaf.pem"))
	if err != nil {
		t.Fatal(err)
	}
	chain, err := ParseChain(read("ca.pem"))
	if err != nil {
		t.Fatal(err)
	}
	if problems := leaf.checkChain(chain); len(problems) > 0 {
		t.Errorf("the right chain: %v", problems)
	}
	if problems := leaf.checkChain(chainOf(t, "root.pem")); len(problems) != 1 {
		t.Errorf("a stranger's chain: %v", problems)
	}
	if leaf.SelfSigned() {
		t.Error("the leaf counts as self-signed")
	}
}

func TestParseChain_countsACertificateOnce(t *testing.T) {
	if ch := chainOf(t, "root.pem", "intermediate.pem", "root.pem"); len(ch) != 2 || ch.PEM() != vector(t, "root.pem", "intermediate.pem") {
		t.Errorf("%d certificates:\n%s", len(ch), ch.PEM())
	}
}

func TestParseChain_saysWhatElseItIs(t *testing.T) {
	for _, tt := range []struct {
		name string
		text string
		want error
		says string
	}{
		{"nothing", "", signing.ErrNotPEM, "empty"},
		{"a private key among the certificates", vector(t, "intermediate.pem", "qseal.key"), ErrPrivateKeyFound, "remove the private key"},
		{"a request among the certificates", vector(t, "intermediate.pem", "request.csr"), signing.ErrWrongPEMType, "CERTIFICATE REQUEST"},
		{"a certificate that was cut off", vector(t, "root.pem") + vector(t, "intermediate.pem")[:500], signing.ErrDamagedPEM, "END line"},
		{"a whole store of certificates", manyNamesakes(t, 400), ErrTooManyCertificates, "400"},
		{"an enormous key", enormousKey(t), ErrMalformedCertificate, "20000 bits"},
		{"a block that is no certificate", vector(t, "root.pem") + "-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END CERTIFICATE-----\n",
			ErrMalformedCertificate, "certificate 2 of 2"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ch, err := ParseChain(tt.text)
			if !errors.Is(err, tt.want) || ch != nil {
				t.Fatalf("ParseChain = %v, %v; want %v", ch, err, tt.want)
			}
			if !strings.Contains(err.Error(), tt.says) {
				t.Errorf("the error does not say %q: %v", tt.says, err)
			}
			mustNotShow(t, err, secretParts(t))
		})
	}
}

// manyNamesakes returns self-signed certificates of one name with different serial numbers: each
// may have issued each other one, as far as names tell.
func manyNamesakes(t *testing.T, n int64) string {
	t.Helper()
	key, err := ParsePrivateKey(vector(t, "qseal.key"), "")
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for i := range n {
		template := &x509.Certificate{SerialNumber: big.NewInt(i + 1), Subject: pkix.Name{CommonName: "A"}, NotBefore: today, NotAfter: today}
		der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	}
	return all.String()
}

// enormousKey returns a certificate for a key with which one check would take seconds.
func enormousKey(t *testing.T) string {
	t.Helper()
	signer, err := ParsePrivateKey(vector(t, "qseal.key"), "")
	if err != nil {
		t.Fatal(err)
	}
	modulus := new(big.Int).Lsh(big.NewInt(1), 19_999)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "A"}, NotBefore: today, NotAfter: today}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &rsa.PublicKey{N: modulus.Add(modulus, big.NewInt(1)), E: 65537}, signer)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// As many as are accepted are judged in a moment, even if their names say nothing.
func TestCertificate_CheckChain_isQuick(t *testing.T) {
	begun := time.Now()
	bundle, err := ParseFullchain(manyNamesakes(t, maxCertificates))
	if err != nil {
		t.Fatal(err)
	}
	begun2 := time.Now()
	_ = bundle.Certificate.Check("sandbox", bundle.Chain, today)
	if took := time.Since(begun2); took > time.Second {
		t.Errorf("it took %s, after %s", took, begun2.Sub(begun))
	}
}

func FuzzParseChain(f *testing.F) {
	f.Add(vector(f, "root.pem", "intermediate.pem", "seal.pem"))
	f.Add(vector(f, "bundle.pem"))
	f.Add(vector(f, "other-root.pem", "ec.pem"))
	leaf := certificate(f, "seal.pem")
	f.Fuzz(func(t *testing.T, text string) {
		ch, err := ParseChain(text)
		if err != nil {
			return
		}
		sent := ch.Without(leaf)
		if strings.Contains(sent.PEM(), leaf.PEM()) {
			t.Error("the leaf is in its own chain")
		}
		if len(leaf.checkChain(ch)) != len(leaf.checkChain(sent)) {
			t.Error("what is sent is judged differently from what was given")
		}
	})
}

package qseal

import (
	"encoding/base64"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func bundle(t *testing.T, certificatePEM, chainPEM string) Bundle {
	t.Helper()
	b, err := ParseBundle(certificatePEM, chainPEM)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// What is sent to bunq does not depend on whether the chain follows the certificate or is given apart.
func TestParseBundle(t *testing.T) {
	for _, tt := range []struct {
		name               string
		certificate, chain []string
		wantLeaf           string
		wantChain          []string
	}{
		{"apart", []string{"seal.pem"}, []string{"intermediate.pem", "root.pem"}, "seal.pem", []string{"intermediate.pem", "root.pem"}},
		{"in one file", []string{"seal.pem", "intermediate.pem", "root.pem"}, nil, "seal.pem", []string{"intermediate.pem", "root.pem"}},
		{"in one file, the root first", []string{"root.pem", "intermediate.pem", "seal.pem"}, nil, "seal.pem", []string{"intermediate.pem", "root.pem"}},
		{"in one file, given twice", []string{"seal.pem", "seal.pem", "intermediate.pem"}, nil, "seal.pem", []string{"intermediate.pem"}},
		{"the leaf twice, and a chain", []string{"seal.pem", "seal.pem"}, []string{"intermediate.pem"}, "seal.pem", []string{"intermediate.pem"}},
		{"with a stranger, which the check of the chain refuses", []string{"seal.pem", "pseudo.pem"}, nil, "seal.pem", []string{"pseudo.pem"}},
		{"self-signed, alone", []string{"pseudo.pem"}, nil, "pseudo.pem", []string{"pseudo.pem"}},
		{"self-signed, its own chain", []string{"pseudo.pem"}, []string{"pseudo.pem"}, "pseudo.pem", []string{"pseudo.pem"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := bundle(t, vector(t, tt.certificate...), vector(t, tt.chain...))
			if got.Certificate.PEM() != certificate(t, tt.wantLeaf).PEM() {
				t.Errorf("the leaf is %s", got.Certificate.Subject())
			}
			if got.Chain.PEM() != vector(t, tt.wantChain...) {
				t.Errorf("the chain is\n%s", got.Chain.PEM())
			}
		})
	}
	if _, err := ParseBundle(vector(t, "seal.pem", "intermediate.pem"), vector(t, "root.pem")); !errors.Is(err, ErrSeveralCertificates) {
		t.Errorf("a chain in both places: %v", err)
	}
}

// Two ways to write the same are equal, and what bunq would get otherwise is not.
func TestBundle_Equal(t *testing.T) {
	leaf, mid, root, pseudo := vector(t, "seal.pem"), vector(t, "intermediate.pem"), vector(t, "root.pem"), vector(t, "pseudo.pem")
	crlf := func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }
	before := bundle(t, leaf, mid+root)
	for name, same := range map[string][2]string{
		"Windows line ends":           {crlf(leaf), crlf(mid + root)},
		"a byte order mark":           {"\ufeff" + leaf, "\ufeff" + mid + root},
		"comments and text around":    {"# ours\n" + leaf + "\nBag Attributes\n", "subject=/CN=x\n" + mid + "\n# root\n\n" + root},
		"another order":               {leaf, root + mid},
		"a chain with the leaf":       {leaf, leaf + mid + root},
		"a certificate twice":         {leaf, mid + root + mid},
		"all in one file":             {leaf + mid + root, ""},
		"all in one file, from above": {root + mid + leaf, ""},
		"no final line end":           {strings.TrimSpace(leaf), strings.TrimSpace(mid + root)},
	} {
		if !before.Equal(bundle(t, same[0], same[1])) {
			t.Errorf("%s: another bundle", name)
		}
	}
	for name, other := range map[string][2]string{
		"another certificate":    {vector(t, "seal-allroles.pem"), mid + root},
		"a shorter chain":        {leaf, mid},
		"another edition":        {leaf, mid + vector(t, "root-sha1.pem")},
		"none":                   {leaf, ""},
		"a self-signed one":      {pseudo, ""},
		"one certificate beside": {leaf, mid + root + vector(t, "other-root.pem")},
	} {
		if before.Equal(bundle(t, other[0], other[1])) {
			t.Errorf("%s: the same bundle", name)
		}
	}
	if !bundle(t, pseudo, "").Equal(bundle(t, pseudo, pseudo)) {
		t.Error("a chain that only repeats the certificate counts")
	}
}

// A PKCS#12 file in base64 is named, and how to open it.
func TestParse_pkcs12(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "qseal.p12")
	command := exec.CommandContext(t.Context(), "openssl", "pkcs12", "-export", "-inkey", "testdata/qseal.key", "-in", "testdata/seal.pem", //nolint:gosec // a fixed command
		"-passout", "pass:correct horse", "-out", file)
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("openssl: %v\n%s", err, out)
	}
	der, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text := base64.StdEncoding.EncodeToString(der)
	_, inCertificate := Parse(text)
	_, inKey := ParsePrivateKey(text, "")
	for _, err := range []error{inCertificate, inKey} {
		if err == nil || !strings.Contains(err.Error(), "PKCS#12") || !strings.Contains(err.Error(), "openssl pkcs12 -in FILE -nokeys") ||
			!strings.Contains(err.Error(), "openssl pkcs12 -in FILE -nocerts") {
			t.Errorf("got %v", err)
		}
	}
	// A certificate in DER is none.
	if _, err := Parse(base64.StdEncoding.EncodeToString(certificate(t, "seal.pem").x509.Raw)); err == nil || strings.Contains(err.Error(), "PKCS#12") {
		t.Errorf("a DER certificate: %v", err)
	}
}

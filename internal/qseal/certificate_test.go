package qseal

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/signing"
)

func TestParse_readsWhatOpenSSLMade(t *testing.T) {
	begin := time.Date(2024, time.January, 1, 0, 0, 0, 0, time.UTC)
	end := time.Date(2054, time.January, 1, 0, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name       string
		file       string
		roles      []Role
		kind       Kind
		commonName string
		identifier string
		selfSigned bool
		begin, end time.Time // zero: not checked
	}{
		{name: "a pseudo certificate has the roles of its common name", file: "pseudo", roles: []Role{RolePISP, RoleAISP},
			commonName: "Vector 5d1f0c PISP AISP", selfSigned: true},
		{name: "a QSEAL certificate has the roles of its statement", file: "seal", roles: []Role{RolePISP, RoleAISP}, kind: KindSeal,
			commonName: "Vector Payments B.V.", identifier: "PSDNL-DNB-R123456", begin: begin, end: end},
		{name: "all four roles are known", file: "seal-allroles", roles: []Role{RolePSPAS, RolePISP, RoleAISP, RoleCBPII}, kind: KindSeal,
			commonName: "Vector Payments B.V.", identifier: "PSDNL-DNB-R123456", begin: begin, end: end},
		{name: "a QSEAL certificate without a PSD2 statement has no roles", file: "seal-norole", kind: KindSeal,
			commonName: "Vector Payments B.V.", identifier: "PSDNL-DNB-R123456", begin: begin, end: end},
		{name: "a QWAC is for web sites", file: "web", roles: []Role{RolePISP, RoleAISP}, kind: KindWeb,
			commonName: "Vector Payments B.V.", identifier: "PSDNL-DNB-R123456", begin: begin, end: end},
		{name: "a malformed extension hides the roles, not the certificate", file: "seal-badqc",
			commonName: "Vector Payments B.V.", identifier: "PSDNL-DNB-R123456", begin: begin, end: end},
		{name: "words of the common name are no roles where an authority signed", file: "subject",
			commonName: "Café € PISP", begin: begin, end: end},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := certificate(t, tt.file+".pem")
			if got := c.Roles(); !slices.Equal(got, tt.roles) {
				t.Errorf("Roles() = %v, want %v", got, tt.roles)
			}
			if c.Kind() != tt.kind || c.CommonName() != tt.commonName || c.OrganizationIdentifier() != tt.identifier || c.SelfSigned() != tt.selfSigned {
				t.Errorf("kind %v, common name %q, identifier %q, self-signed %v", c.Kind(), c.CommonName(), c.OrganizationIdentifier(), c.SelfSigned())
			}
			if !tt.begin.IsZero() && (c.NotBefore() != tt.begin || c.NotAfter() != tt.end) {
				t.Errorf("valid from %v to %v", c.NotBefore(), c.NotAfter())
			}
			if c.PEM() != vector(t, tt.file+".pem") {
				t.Errorf("PEM() is not what openssl wrote:\n%s", c.PEM())
			}
			key, err := signing.MarshalPublicKey(c.key)
			if err != nil || key != vector(t, "qseal.pub") {
				t.Errorf("the key is another: %v\n%s", err, key)
			}
		})
	}
}

func TestCertificate_authorityOfTheStatement(t *testing.T) {
	c := certificate(t, "seal.pem")
	if a := c.Authority(); a == nil || *a != (Authority{ID: "NL-DNB", Name: "De Nederlandsche Bank"}) {
		t.Errorf("authority %v", a)
	}
}

func TestCertificate_printsAsOpenSSLDoes(t *testing.T) {
	for _, name := range []string{"pseudo", "seal", "subject"} {
		t.Run(name, func(t *testing.T) {
			c := certificate(t, name+".pem")
			if want := strings.TrimSuffix(vector(t, name+".subject"), "\n"); c.Subject() != want {
				t.Errorf("Subject() = %s\nopenssl     %s", c.Subject(), want)
			}
			if want := strings.TrimSuffix(vector(t, name+".fingerprint"), "\n"); c.FingerprintSHA256() != want {
				t.Errorf("FingerprintSHA256() = %s, openssl %s", c.FingerprintSHA256(), want)
			}
		})
	}
}

func TestParse_toleratesHowTextTravels(t *testing.T) {
	want := vector(t, "seal.pem")
	body := strings.TrimSuffix(strings.TrimPrefix(want, "-----BEGIN CERTIFICATE-----\n"), "-----END CERTIFICATE-----\n")
	oneLine := strings.ReplaceAll(body, "\n", "")
	for name, text := range map[string]string{
		"CRLF line ends":                  strings.ReplaceAll(want, "\n", "\r\n"),
		"a byte order mark":               "\ufeff" + want,
		"the indentation of a heredoc":    "    " + strings.ReplaceAll(want, "\n", "\n    "),
		"no final line end":               strings.TrimSuffix(want, "\n"),
		"a body on one line":              "-----BEGIN CERTIFICATE-----\n" + oneLine + "\n-----END CERTIFICATE-----\n",
		"everything on one line":          "-----BEGIN CERTIFICATE-----" + oneLine + "-----END CERTIFICATE-----",
		"spaces in place of line ends":    strings.ReplaceAll(want, "\n", " "),
		"text before and after the block": "subject=/CN=x\n\n" + want + "\nthat was it\n",
	} {
		t.Run(name, func(t *testing.T) {
			c, err := Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			if c.PEM() != want {
				t.Errorf("PEM() = %s", c.PEM())
			}
		})
	}
}

func TestParse_saysWhatElseItIs(t *testing.T) {
	cert := vector(t, "seal.pem")
	block, _ := pem.Decode([]byte(cert))
	for _, tt := range []struct {
		name string
		text string
		want error
		says string
	}{
		{"nothing", " \n", signing.ErrNotPEM, "empty"},
		{"some text", "my certificate", signing.ErrNotPEM, "no -----BEGIN"},
		{"a path", "certs/qseal.pem", signing.ErrNotPEM, "file("},
		{"a long path", strings.Repeat("~/.tls/", 146) + "a", signing.ErrNotPEM, "file("},
		{"a line of 1,024 characters, which is longer than a path", strings.Repeat("~/.tls/", 146) + "ab", signing.ErrNotPEM, "no -----BEGIN"},
		{"a token of bunq, which is base64 as well", strings.Repeat("1a2b", 16), signing.ErrNotPEM, "no -----BEGIN"},
		{"the shortest base64 that is longer than a token", strings.Repeat("1a2b", 17), signing.ErrNotPEM, "-inform DER"},
		{"line ends as backslash n", strings.ReplaceAll(cert, "\n", `\n`), signing.ErrDamagedPEM, "replace("},
		{"base64 of DER", base64.StdEncoding.EncodeToString(block.Bytes), signing.ErrNotPEM, "-inform DER"},
		{"base64 of PEM", base64.StdEncoding.EncodeToString([]byte(cert)), signing.ErrNotPEM, "PEM file in base64; decode it with base64decode(…)"},
		{"a certificate that was cut off", cert[:len(cert)/2], signing.ErrDamagedPEM, "END line"},
		{"a private key", vector(t, "qseal.key"), ErrPrivateKeyFound, "remove the private key"},
		{"a private key beside the certificate", vector(t, "bundle.pem"), ErrPrivateKeyFound, "remove the private key"},
		{"an encrypted private key", vector(t, "qseal-pkcs8-aes256.key"), ErrPrivateKeyFound, "remove the private key"},
		{"a PKCS#1 private key", vector(t, "qseal-pkcs1.key"), ErrPrivateKeyFound, "remove the private key"},
		{"a public key", vector(t, "qseal.pub"), signing.ErrWrongPEMType, `"PUBLIC KEY"`},
		{"a PKCS#1 public key", vector(t, "qseal-pkcs1.pub"), signing.ErrWrongPEMType, "use the certificate"},
		{"a request", vector(t, "request.csr"), signing.ErrWrongPEMType, "came back"},
		{"a certificate with its chain", vector(t, "seal.pem", "intermediate.pem"), ErrSeveralCertificates, "move those of its issuers to the chain"},
		{"one of two certificates cut off", cert + vector(t, "intermediate.pem")[:600], signing.ErrDamagedPEM, "END line"},
		{"a CERTIFICATE block with something else in it", "-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END CERTIFICATE-----\n", ErrMalformedCertificate, ""},
		{"an elliptic curve certificate", vector(t, "ec.pem"), signing.ErrNotRSA, "ask the issuer for an RSA certificate"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := Parse(tt.text)
			if !errors.Is(err, tt.want) || c != nil {
				t.Fatalf("Parse = %v, %v; want %v", c, err, tt.want)
			}
			if !strings.Contains(err.Error(), tt.says) {
				t.Errorf("the error does not say %q: %v", tt.says, err)
			}
			mustNotShow(t, err, secretParts(t))
		})
	}
}

func TestRolesNamed_takesSeparateWordsInCapitals(t *testing.T) {
	for _, tt := range []struct {
		commonName string
		want       []Role
	}{
		{"My App PISP AISP", []Role{RolePISP, RoleAISP}},
		{"My App AISP PISP", []Role{RoleAISP, RolePISP}},
		{"AISP in front", []Role{RoleAISP}},
		{"PISP and PISP", []Role{RolePISP}},
		{"PISPAISP", nil},
		{"My-PISP", nil},
		{"my app pisp", nil},
		{"CBPII PSP_AS", nil},
		{"", nil},
	} {
		t.Run(tt.commonName, func(t *testing.T) {
			if got := rolesNamed(tt.commonName); !slices.Equal(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestCertificate_rolesCannotBeChangedFromOutside(t *testing.T) {
	c := certificate(t, "seal.pem")
	c.Roles()[0] = "changed"
	if got := c.Roles(); !slices.Equal(got, []Role{RolePISP, RoleAISP}) {
		t.Errorf("Roles() = %v", got)
	}
}

func FuzzParse(f *testing.F) {
	for _, name := range []string{"pseudo.pem", "seal.pem", "subject.pem", "seal-badqc.pem", "ec.pem", "qseal.pub", "bundle.pem"} {
		f.Add(vector(f, name))
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := Parse(text)
		if err != nil {
			return
		}
		again, err := Parse(c.PEM())
		if err != nil || again.FingerprintSHA256() != c.FingerprintSHA256() {
			t.Fatalf("the canonical form reads differently: %v", err)
		}
		sum, err := hex.DecodeString(c.FingerprintSHA256())
		if err != nil || len(sum) != sha256.Size {
			t.Errorf("fingerprint %q", c.FingerprintSHA256())
		}
		for _, env := range []string{"sandbox", "production"} {
			for _, p := range c.Check(env, nil, today) {
				if p.Summary == "" || p.Detail == "" || p.Attribute == "" {
					t.Errorf("half a problem: %+v", p)
				}
			}
		}
	})
}

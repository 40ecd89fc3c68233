package qseal

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"
)

// pseudoNamed makes a self-signed certificate with any common name, also one that
// NewPseudoCertificate refuses.
func pseudoNamed(t *testing.T, commonName string) *Certificate {
	t.Helper()
	key, err := ParsePrivateKey(vector(t, "qseal.key"), "")
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: commonName, Country: []string{"NL"}},
		NotBefore: today.Add(-time.Hour), NotAfter: today.Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	c, err := Parse(string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// expected is a problem by its attribute, summary, and a part of its detail.
type expected struct {
	attribute, summary, detail string
	warning                    bool
}

func mustHaveProblems(t *testing.T, got []Problem, want []expected) {
	t.Helper()
	for i, p := range got {
		if i >= len(want) {
			t.Errorf("one too many: %+v", p)
			continue
		}
		w := want[i]
		if p.Attribute != w.attribute || p.Summary != w.summary || p.Warning != w.warning || !strings.Contains(p.Detail, w.detail) {
			t.Errorf("problem %d is %+v\nwant %+v", i, p, w)
		}
		if !strings.HasSuffix(p.Detail, ".") || strings.HasSuffix(p.Summary, ".") {
			t.Errorf("form of summary or detail: %+v", p)
		}
	}
	for _, w := range want[min(len(got), len(want)):] {
		t.Errorf("missing: %+v", w)
	}
}

func TestCertificate_Check(t *testing.T) {
	const cert, chain = AttributeCertificate, AttributeChain
	full := []string{"intermediate.pem", "root.pem"}
	notNamed := expected{attribute: cert, summary: "No PSD2 role in the common name", detail: `"Vector Payments B.V." has none`}
	for _, tt := range []struct {
		name  string
		env   string
		leaf  string
		chain []string
		want  []expected
	}{
		{name: "production takes a QSEAL certificate with its chain", env: "production", leaf: "seal.pem", chain: full},
		{name: "the sandbox takes a pseudo certificate with itself", env: "sandbox", leaf: "pseudo.pem", chain: []string{"pseudo.pem"}},
		{name: "the sandbox takes a pseudo certificate without a chain", env: "sandbox", leaf: "pseudo.pem"},
		{name: "production takes no pseudo certificate", env: "production", leaf: "pseudo.pem",
			want: []expected{{cert, "Pseudo certificate in production", `environment to "sandbox"`, false}}},
		{name: "expired, with the date", env: "production", leaf: "seal-expired.pem", chain: full,
			want: []expected{{cert, "Certificate has expired", "expired on 2024-01-01 00:00:00 UTC. Ask the issuer to renew it", false}}},
		{name: "not yet valid, with the date", env: "production", leaf: "seal-future.pem", chain: full,
			want: []expected{{cert, "Certificate is not valid yet", "becomes valid on 2053-01-01 00:00:00 UTC", false}}},
		{name: "no web site certificate in production", env: "production", leaf: "web.pem", chain: full,
			want: []expected{{cert, "Certificate is for web sites", "QSEAL", false}}},
		{name: "no web site certificate in the sandbox", env: "sandbox", leaf: "web.pem", chain: full,
			want: []expected{{cert, "Certificate is for web sites", "QSEAL", false}, notNamed}},
		{name: "production wants a PSD2 statement", env: "production", leaf: "seal-norole.pem", chain: full,
			want: []expected{{cert, "No PSD2 statement in the certificate", "ETSI TS 119 495", false}}},
		{name: "production wants statements that can be read", env: "production", leaf: "seal-badqc.pem", chain: full,
			want: []expected{{cert, "PSD2 roles cannot be read", "malformed (qcStatements extension", false}}},
		{name: "without qualified statements it is not even said to be a seal", env: "production", leaf: "plain.pem", chain: full,
			want: []expected{{cert, "No PSD2 statement in the certificate", "", false},
				{cert, "Certificate does not say that it is for seals", "ask your issuer which kind", true}}},
		{name: "the sandbox looks at the common name, not at the statement", env: "sandbox", leaf: "seal.pem", chain: full,
			want: []expected{notNamed}},
		{name: "the sandbox takes an issued certificate with a role in its name", env: "sandbox", leaf: "subject.pem", chain: full},
		{name: "an issued certificate needs its chain", env: "production", leaf: "seal.pem",
			want: []expected{{chain, "The chain of the certificate is missing", "was issued by /C=NL/O=Vector Trust/CN=Vector Seal CA", false}}},
		{name: "production wants the root", env: "production", leaf: "seal.pem", chain: []string{"intermediate.pem"},
			want: []expected{{chain, "The chain ends before its root", "is that of /C=NL/O=Vector Trust/CN=Vector Seal CA, which", true}}},
		{name: "the sandbox does not look at the chain", env: "sandbox", leaf: "subject.pem", chain: []string{"intermediate.pem"}},
		{name: "a stranger in the chain", env: "production", leaf: "seal.pem", chain: []string{"intermediate.pem", "other-root.pem"},
			want: []expected{{chain, "Chain does not match the certificate", "/CN=Other Root CA", false}}},
		{name: "an expired member of the chain", env: "production", leaf: "seal.pem", chain: []string{"root.pem", "intermediate-expired.pem"},
			want: []expected{{chain, "Expired certificate in the chain", "/CN=Vector Seal CA in the chain expired on 2024-01-01 00:00:00 UTC", false}}},
		{name: "a member of the chain that is not valid yet", env: "production", leaf: "seal.pem", chain: []string{"root.pem", "intermediate-future.pem"},
			want: []expected{{chain, "Certificate in the chain is not valid yet", "2053-01-01 00:00:00 UTC", false}}},
		{name: "an expired leaf in its chain is reported once", env: "production", leaf: "seal-expired.pem", chain: []string{"seal-expired.pem", "intermediate.pem", "root.pem"},
			want: []expected{{cert, "Certificate has expired", "", false}}},
		{name: "every problem, not the first", env: "sandbox", leaf: "seal-expired.pem", chain: []string{"intermediate-expired.pem", "other-root.pem"},
			want: []expected{{cert, "Certificate has expired", "", false}, notNamed,
				{chain, "Chain does not match the certificate", "Other Root CA", false},
				{chain, "Expired certificate in the chain", "Vector Seal CA", false}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			mustHaveProblems(t, certificate(t, tt.leaf).Check(tt.env, chainOf(t, tt.chain...), today), tt.want)
		})
	}
}

func TestCertificate_Check_wantsARoleInTheStatement(t *testing.T) {
	c := certificate(t, "seal.pem")
	c.qc.roles = nil
	mustHaveProblems(t, c.Check("production", chainOf(t, "intermediate.pem", "root.pem"), today),
		[]expected{{AttributeCertificate, "No PSD2 role in the certificate", "PSP_AS, PISP, AISP, CBPII", false}})
}

func TestCertificate_Check_commonNameInTheSandbox(t *testing.T) {
	const cert = AttributeCertificate
	atMost := strings.Repeat("n", 54)
	for _, tt := range []struct {
		name       string
		commonName string
		want       []expected
	}{
		{"64 characters", atMost + " PISP AISP", nil},
		{"65 characters", atMost + "n PISP AISP", []expected{{cert, "Common name is too long", "65 characters", false}}},
		{"characters are counted, not bytes", strings.Repeat("é", 54) + " PISP AISP", nil},
		{"one role is enough", "App AISP", nil},
		{"roles in the other order", "App AISP PISP", nil},
		{"no role", "App", []expected{{cert, "No PSD2 role in the common name", `"App" has none`, false}}},
		{"a role inside a word is none", "App-PISP", []expected{{cert, "No PSD2 role in the common name", "", false}}},
		{"roles before the end", "App PISP AISP 5d1f", []expected{{cert, "PSD2 roles are not at the end of the common name", `"App PISP AISP 5d1f"`, true}}},
		{"one role before the end, one at it", "PISP App AISP", []expected{{cert, "PSD2 roles are not at the end of the common name", "", true}}},
		{"too long and no role", atMost + strings.Repeat("n", 11), []expected{
			{cert, "Common name is too long", "", false}, {cert, "No PSD2 role in the common name", "", false}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			mustHaveProblems(t, pseudoNamed(t, tt.commonName).Check("sandbox", nil, today), tt.want)
		})
	}
}

func TestCertificate_Check_datesAreInclusive(t *testing.T) {
	c := pseudoNamed(t, "App PISP")
	for _, tt := range []struct {
		name string
		now  time.Time
		want []expected
	}{
		{"a second before", c.NotBefore().Add(-time.Second), []expected{{AttributeCertificate, "Certificate is not valid yet", "", false}}},
		{"the first second", c.NotBefore(), nil},
		{"the last second", c.NotAfter(), nil},
		{"a second after", c.NotAfter().Add(time.Second), []expected{{AttributeCertificate, "Certificate has expired", "Make a new pseudo certificate", false}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			mustHaveProblems(t, c.Check("sandbox", nil, tt.now), tt.want)
		})
	}
}

// A key of 1024 bits is refused in both environments, with its size; the size of the vectors is enough.
func TestCertificate_Check_keySize(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 1024) //nolint:gosec // that it is short is the point
	if err != nil {
		t.Fatal(err)
	}
	text, err := NewPseudoCertificate(PseudoOptions{
		CommonName: "Short PISP AISP", Key: key, NotBefore: today.Add(-time.Hour), NotAfter: today.Add(time.Hour),
	})
	if err != nil {
		t.Fatal(err)
	}
	short, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	for _, env := range []string{"sandbox", "production"} {
		if !slices.ContainsFunc(short.Check(env, nil, today), func(p Problem) bool {
			return p.Attribute == AttributeCertificate && !p.Warning && strings.Contains(p.Detail, "has 1024 bits") && strings.Contains(p.Detail, "at least 2048")
		}) {
			t.Errorf("%s: a key of 1024 bits is taken", env)
		}
	}
}

// A certificate for signatures of persons is none for seals, whatever else it says.
func TestCheck_warnsOfSignatures(t *testing.T) {
	c, err := Parse(vector(t, "seal.pem"))
	if err != nil {
		t.Fatal(err)
	}
	full, err := ParseChain(vector(t, "intermediate.pem", "root.pem"))
	if err != nil {
		t.Fatal(err)
	}
	now := c.NotBefore().Add(time.Hour)
	if problems := c.Check(envProduction, full, now); len(problems) > 0 {
		t.Fatalf("for seals: %v", problems)
	}

	c.qc.kind = KindSignature
	if problems := c.Check(envProduction, full, now); len(problems) != 1 || !problems[0].Warning || problems[0].Summary != "Certificate does not say that it is for seals" {
		t.Errorf("for signatures: %v", problems)
	}
}

// A key that is so short that no signature of it counts is one problem, not also one of the chain.
func TestCertificate_Check_aVeryShortKeyIsOneProblem(t *testing.T) {
	for _, chain := range []Chain{nil, chainOf(t, "pseudo-512.pem")} {
		mustHaveProblems(t, certificate(t, "pseudo-512.pem").Check("sandbox", chain, today), []expected{
			{AttributeCertificate, "Key of the certificate is too short", "has 512 bits", false},
		})
	}
}

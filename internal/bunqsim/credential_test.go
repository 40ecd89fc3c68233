package bunqsim_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

const (
	textRoot        = "Certificate root is not trusted. Make sure that the last certificate in the chain is the root certificate."
	textCertificate = "The provided certificate is invalid."
	textRole        = "The provided certificate has no PSD2 role."
	textOwnership   = "The provided client public key signature is invalid."
)

// registerWith posts certificate and chain, and returns the descriptions of the refusal.
func (c *client) registerWith(cert, chain, signature string) (int, []string) {
	c.t.Helper()
	r := c.registration()
	body := r.body.(map[string]string)
	body["client_payment_service_provider_certificate"] = cert
	body["client_payment_service_provider_certificate_chain"] = chain
	if signature != "" {
		body["client_public_key_signature"] = signature
	}
	res := c.send(r)
	if res.status == 200 {
		return 200, nil
	}
	texts := res.descriptions(c.t)
	for _, text := range texts {
		noteRefusal(c.t, res.status, text)
	}
	return res.status, texts
}

func TestPseudoCertificateRules(t *testing.T) {
	sim, _ := sandbox(t, bunqsim.Settings{})
	c := newClient(t, sim)
	c.install()
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "EC PISP"},
		NotBefore: start.AddDate(-1, 0, 0), NotAfter: start.AddDate(1, 0, 0)}
	ecDER, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &ec.PublicKey, ec)
	if err != nil {
		t.Fatal(err)
	}
	expired := pseudo(t, "X PISP", func(c *x509.Certificate) { c.NotAfter = start.Add(-time.Second) })
	future := pseudo(t, "X PISP", func(c *x509.Certificate) { c.NotBefore = start.Add(time.Minute) })
	good := pseudo(t, "X PISP AISP")
	long := strings.Repeat("x", 59) + " PISP" // 64
	for _, tc := range []struct {
		rule, cert, chain string
		text              string
	}{
		{"both roles", good, "", ""},
		{"one role", pseudo(t, "X AISP"), "", ""},
		{"roles anywhere in the name", pseudo(t, "Test PISP AISP 0f0e"), "", ""},
		{"base64 on one line", oneLine(good), oneLine(good), ""},
		{"64 characters", pseudo(t, long), "", ""},
		{"64 characters of more bytes", pseudo(t, strings.Repeat("é", 59)+" PISP"), "", ""},
		{"65 characters", pseudo(t, "x"+long), "", textCertificate},
		{"no role", pseudo(t, "X"), "", textRole},
		{"a role as part of a word", pseudo(t, "XPISP AISPx"), "", textRole},
		{"a role in small letters", pseudo(t, "X pisp"), "", textRole},
		{"no name", pseudo(t, ""), "", textCertificate},
		{"run out", expired, "", textCertificate},
		{"not yet valid", future, "", textCertificate},
		{"not PEM", "x", good, textCertificate},
		{"chain not PEM", good, "x", textCertificate},
		{"no chain", good, " ", textCertificate},
		{"two certificates as leaf", good + good, good, textCertificate},
		{"a key as chain", good, publicPEM(t, c.key), textCertificate},
		{"EC key", pemText("CERTIFICATE", ecDER), "", textCertificate},
		{"a chain of others is not looked at", good, pseudo(t, "Y"), ""},
	} {
		t.Run(tc.rule, func(t *testing.T) {
			if tc.chain == "" {
				tc.chain = tc.cert
			}
			status, texts := c.registerWith(tc.cert, tc.chain, "")
			if got := strings.Join(texts, "|"); got != tc.text || (tc.text == "") != (status == 200) {
				t.Errorf("got %d %q, want %q", status, got, tc.text)
			}
		})
	}
}

func TestOwnershipSignature(t *testing.T) {
	sim, _ := sandbox(t, bunqsim.Settings{})
	c := newClient(t, sim)
	c.install()
	other := newClient(t, sim)
	other.install()
	pub := publicPEM(t, c.key)
	good := signed(t, c.seal, pub+c.installationToken)
	for _, tc := range []struct {
		rule, signature string
		ok              bool
	}{
		{"PEM with its line feed, and token", good, true},
		{"by the installation's key", signed(t, c.key, pub+c.installationToken), false},
		{"token followed by a line feed", signed(t, c.seal, pub+c.installationToken+"\n"), false},
		{"PEM without its line feed", signed(t, c.seal, strings.TrimSuffix(pub, "\n")+c.installationToken), false},
		{"base64 on one line", signed(t, c.seal, oneLine(pub)+c.installationToken), false},
		{"PEM alone", signed(t, c.seal, pub), false},
		{"with another installation's token", signed(t, c.seal, pub+other.installationToken), false},
		{"wrapped base64", good[:76] + "\n" + good[76:], false},
		{"base64 for addresses", strings.NewReplacer("+", "-", "/", "_", "=", "-").Replace(good), false},
		{"no base64", "%", false},
	} {
		t.Run(tc.rule, func(t *testing.T) {
			status, texts := c.registerWith(c.cert, c.chain, tc.signature)
			if tc.ok && status != 200 || !tc.ok && strings.Join(texts, "|") != textOwnership {
				t.Errorf("got %d %q", status, texts)
			}
		})
	}
	if n := len(sim.Snapshot().Credentials); n != 1 {
		t.Errorf("%d credentials, want 1", n)
	}
}

// A key posted on one line is signed for in its canonical form: bunq encodes it again.
func TestOwnershipSignatureOfKeyPostedOnOneLine(t *testing.T) {
	sim, _ := sandbox(t, bunqsim.Settings{})
	c := newClient(t, sim)
	els := c.ok(request{method: "POST", path: "/installation", body: map[string]string{"client_public_key": oneLine(publicPEM(t, c.key))}})
	c.installationToken = pick[struct{ Token string }](t, els, "Token").Token
	if status, texts := c.registerWith(c.cert, c.chain, ""); status != 200 {
		t.Errorf("got %d %q", status, texts)
	}
}

func TestCredentialLife(t *testing.T) {
	sim, clock := sandbox(t, bunqsim.Settings{})
	c := newClient(t, sim)
	c.install()
	res := c.send(c.registration())
	cred := sim.Snapshot().Credentials[0]
	want := fmt.Sprintf(`{"Response":[{"CredentialPasswordIp":{"id":%d,"created":"2026-03-04 05:06:07.123456","updated":"2026-03-04 05:06:07.123456",`+
		`"status":"PENDING_FIRST_USE","expiry_time":"2026-03-04 06:06:07.123456","token_value":%q,"permitted_device":null}}]}`, cred.ID, cred.Key)
	if string(res.raw) != want {
		t.Errorf("got  %s\nwant %s", res.raw, want)
	}
	c.credential, c.apiKey = cred.ID, cred.Key
	clock.Advance(time.Hour - time.Microsecond)
	c.addDevice()
	c.login()
	got := pick[credentialBody](t, c.ok(c.in("GET", fmt.Sprintf("/credential-password-ip/%d", c.credential), nil)), "CredentialPasswordIp")
	if got.Status != "ACTIVE" || got.TokenValue != nil || got.ExpiryTime != nil || got.PermittedDevice == nil ||
		got.PermittedDevice.Description != "tf-runner" || got.PermittedDevice.IP != home || got.Updated != "2026-03-04 06:06:07.123455" {
		t.Errorf("after first use: %+v", got)
	}

	c.register() // same certificate: a second credential of the same user
	second := c.credential
	all := c.ok(c.in("GET", "/credential-password-ip", nil))
	if len(all) != 2 {
		t.Fatalf("%d credentials listed", len(all))
	}
	if p := pick[credentialBody](t, all, "CredentialPasswordIp"); p.ID != second || p.TokenValue == nil || *p.TokenValue != c.apiKey {
		t.Errorf("a pending key can't be read from another session of its user: %+v", p)
	}
	clock.Advance(time.Hour)
	c.install()
	c.refused(c.deviceRequest(), 400, textCredentials)
	if st := sim.Snapshot().Credentials[1].Status; st != "EXPIRED" {
		t.Errorf("status is %s", st)
	}
}

func TestUnusedKeyLivesFourHoursInProduction(t *testing.T) {
	clock := bunqsim.NewFakeClock(start)
	sim := bunqsim.NewTest(t, bunqsim.Config{Clock: clock, Environment: bunqsim.Production})
	c := newClient(t, sim)
	c.install()
	p := newAuthority(t)
	c.cert, c.chain = p.leaf(sealTemplate("PSDNL-DNB-1")), p.root
	c.register()
	clock.Advance(4*time.Hour - time.Microsecond)
	c.addDevice()
	c.install()
	c.register()
	clock.Advance(4 * time.Hour)
	c.refused(c.deviceRequest(), 400, textCredentials)
}

func TestCredentialIsReadByItsOwnOnly(t *testing.T) {
	sim, _ := sandbox(t, bunqsim.Settings{})
	other := newClient(t, sim)
	other.cert = pseudo(t, "Somebody else PISP")
	other.chain = other.cert
	other.onboard()
	c := newClient(t, sim).onboard()
	path := fmt.Sprintf("/payment-service-provider-credential/%d", c.credential)
	missing := fmt.Sprintf(`Credential password ip for id "%d" not found.`, c.credential)
	for _, token := range []string{c.sessionToken, c.installationToken} {
		got := pick[credentialBody](t, c.ok(request{method: "GET", path: path, token: token}), "CredentialPasswordIp")
		if got.ID != c.credential {
			t.Errorf("got %+v", got)
		}
	}
	for _, token := range []string{other.sessionToken, other.installationToken} {
		c.refused(request{method: "GET", path: path, token: token}, 404, missing)
	}
	c.refused(request{method: "GET", path: path, token: "x"}, 403, textAuthentication)
	other.refused(other.in("GET", fmt.Sprintf("/credential-password-ip/%d", c.credential), nil), 404, missing)
}

func TestIdentityOfTheUser(t *testing.T) {
	org := func(id string) func(*x509.Certificate) {
		return func(c *x509.Certificate) {
			c.Subject.ExtraNames = []pkix.AttributeTypeAndValue{{Type: asn1.ObjectIdentifier{2, 5, 4, 97}, Value: id}}
		}
	}
	sim, _ := sandbox(t, bunqsim.Settings{})
	c := newClient(t, sim)
	c.install()
	for _, tc := range []struct {
		rule, cert string
		users      int
		dn         string
	}{
		{"first", pseudo(t, "A PISP"), 1, "/C=NL/CN=A PISP"},
		{"the same name is the same user", pseudo(t, "A PISP"), 1, ""},
		{"another name another user", pseudo(t, "B PISP"), 2, "/C=NL/CN=B PISP"},
		{"an organisation identifier counts before the name", pseudo(t, "A PISP", org("PSDNL-DNB-1")), 3, "/C=NL/CN=A PISP/2.5.4.97=PSDNL-DNB-1"},
		{"the same identifier under another name", pseudo(t, "C PISP", org("PSDNL-DNB-1")), 3, ""},
		{"characters beyond ASCII are escaped as OpenSSL does", pseudo(t, "é PISP"), 4, `/C=NL/CN=\xC3\xA9 PISP`},
		{"unknown attributes are dotted", pseudo(t, "D PISP", func(c *x509.Certificate) {
			c.Subject.ExtraNames = []pkix.AttributeTypeAndValue{{Type: asn1.ObjectIdentifier{1, 2, 3}, Value: "v"}}
		}), 5, "/C=NL/CN=D PISP/1.2.3=v"},
	} {
		c.cert, c.chain = tc.cert, tc.cert
		c.register()
		users := sim.Snapshot().Users
		if len(users) != tc.users {
			t.Fatalf("%s: %d users, want %d", tc.rule, len(users), tc.users)
		}
		if got := users[len(users)-1].DistinguishedName; tc.dn != "" && got != tc.dn {
			t.Errorf("%s: name is %q, want %q", tc.rule, got, tc.dn)
		}
	}
}

// A renewed certificate gives a new key of the same user, whose client is still there; the old key
// goes on working.
func TestRenewalKeepsUserAndClient(t *testing.T) {
	sim, _ := sandbox(t, bunqsim.Settings{})
	c := newClient(t, sim).onboard()
	client, user, old := c.addOAuthClient(), c.user, *c
	c.cert = pseudo(t, "Test "+t.Name()+" PISP AISP", func(c *x509.Certificate) { c.SerialNumber = big.NewInt(2) })
	c.chain = c.cert
	c.onboard()
	if c.user != user {
		t.Errorf("user %d became %d", user, c.user)
	}
	c.ok(c.in("GET", fmt.Sprintf("/oauth-client/%d", client), nil))
	old.login()
}

// A key in use can be used on a new installation, from a permitted address: steps 1, 3 and 4 without 2.
func TestKeyOnNewInstallation(t *testing.T) {
	sim, _ := sandbox(t, bunqsim.Settings{})
	c := newClient(t, sim).onboard()
	c.key = testKey(t, 2)
	c.install()
	c.refused(c.sessionRequest(), 400, textCredentials) // not registered on this installation
	c.addDevice()
	c.login()
	if n := len(sim.Snapshot().Credentials); n != 1 {
		t.Errorf("%d credentials", n)
	}
}

// authority issues QSEAL certificates over key 1.
type authority struct {
	t    testing.TB
	cert *x509.Certificate
	root string
}

func newAuthority(t testing.TB) *authority {
	t.Helper()
	k := testKey(t, 3)
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: "Root"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign, NotBefore: start.AddDate(-1, 0, 0), NotAfter: start.AddDate(9, 0, 0)}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &k.PublicKey, k)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &authority{t, cert, pemText("CERTIFICATE", der)}
}

// intermediate issues a certificate over key 2 that may issue others.
func (a *authority) intermediate() *x509.Certificate {
	a.t.Helper()
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(8), Subject: pkix.Name{CommonName: "Intermediate"}, IsCA: true,
		BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign, NotBefore: start.AddDate(-1, 0, 0), NotAfter: start.AddDate(9, 0, 0)}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, a.cert, &testKey(a.t, 2).PublicKey, testKey(a.t, 3))
	if err != nil {
		a.t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return cert
}

func (a *authority) leaf(tmpl *x509.Certificate) string {
	a.t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, tmpl, a.cert, &testKey(a.t, 1).PublicKey, testKey(a.t, 3))
	if err != nil {
		a.t.Fatal(err)
	}
	return pemText("CERTIFICATE", der)
}

func sealTemplate(org string, statements ...string) *x509.Certificate {
	if statements == nil {
		statements = []string{statementAISP, statementSeal}
	}
	return &x509.Certificate{
		SerialNumber: big.NewInt(9), NotBefore: start.AddDate(-1, 0, 0), NotAfter: start.AddDate(1, 0, 0),
		Subject: pkix.Name{CommonName: "Example Pay", Organization: []string{"Example"}, Country: []string{"NL"},
			ExtraNames: []pkix.AttributeTypeAndValue{{Type: asn1.ObjectIdentifier{2, 5, 4, 97}, Value: org}}},
		ExtraExtensions: []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 3}, Value: qcStatements(statements...)}},
	}
}

// qcStatements in DER, written down by hand (base64) so that no ASN.1 structs are shared with what
// reads them.
const (
	// SEQUENCE { OID 0.4.0.19495.2, SEQUENCE { SEQUENCE { SEQUENCE { OID 0.4.0.19495.1.3,
	// UTF8String "PSP_AI" } }, UTF8String "DNB", UTF8String "NL-DNB-XX" } }.
	statementAISP = "MC8GBgQAgZgnAjAlMBMwEQYHBACBmCcBAwwGUFNQX0FJDANETkIMCU5MLUROQi1YWA=="
	// The same with the roles PSP_PI, 0.4.0.19495.1.2, and PSP_IC, 0.4.0.19495.1.4.
	statementPISPandCBPII = "MEIGBgQAgZgnAjA4MCYwEQYHBACBmCcBAgwGUFNQX1BJMBEGBwQAgZgnAQQMBlBTUF9JQwwDRE5CDAlOTC1ETkItWFg="
	// The same as the first with role OID 0.4.0.19495.1.9, which is none.
	statementNoRole = "MC8GBgQAgZgnAjAlMBMwEQYHBACBmCcBCQwGUFNQX0FJDANETkIMCU5MLUROQi1YWA=="
	// SEQUENCE { OID 0.4.0.1862.1.6, SEQUENCE { OID 0.4.0.1862.1.6.2 } }, and .3 for a website.
	statementSeal = "MBMGBgQAjkYBBjAJBgcEAI5GAQYC"
	statementWeb  = "MBMGBgQAjkYBBjAJBgcEAI5GAQYD"
	// SEQUENCE { OID 0.4.0.1862.1.1 }, which has no info.
	statementCompliance = "MAgGBgQAjkYBAQ=="
)

func qcStatements(list ...string) []byte {
	var body []byte
	for _, s := range list {
		der, err := base64.StdEncoding.DecodeString(s)
		if err != nil {
			panic(err)
		}
		body = append(body, der...)
	}
	return append([]byte{0x30, byte(len(body))}, body...)
}

func TestProductionCertificateRules(t *testing.T) {
	clock := bunqsim.NewFakeClock(start)
	sim := bunqsim.NewTest(t, bunqsim.Config{Clock: clock, Environment: bunqsim.Production})
	c := newClient(t, sim)
	c.install()
	a := newAuthority(t)
	leaf := func(statements ...string) string { return a.leaf(sealTemplate("PSDNL-DNB-1", statements...)) }
	good := leaf(statementCompliance, statementAISP, statementSeal)
	bare := sealTemplate("PSDNL-DNB-1")
	bare.ExtraExtensions = nil
	late := sealTemplate("PSDNL-DNB-1")
	late.NotAfter = start.Add(-time.Second)
	between := a.intermediate()
	below, err := x509.CreateCertificate(rand.Reader, sealTemplate("PSDNL-DNB-1"), between, &testKey(t, 1).PublicKey, testKey(t, 2))
	if err != nil {
		t.Fatal(err)
	}
	deep, middle := pemText("CERTIFICATE", below), pemText("CERTIFICATE", between.Raw)
	self := pseudo(t, "Example PISP AISP", func(x *x509.Certificate) { x.ExtraExtensions = sealTemplate("x").ExtraExtensions })
	for _, tc := range []struct {
		rule, cert, chain, text string
	}{
		{"a seal with a role and its issuer", good, a.root, ""},
		{"no type stated", leaf(statementAISP), a.root, ""},
		{"pseudo certificate", pseudo(t, "Example PISP AISP"), "", textRole},
		{"self-signed with statements", self, "", textCertificate},
		{"website certificate", leaf(statementAISP, statementWeb), a.root, textCertificate},
		{"no statements", a.leaf(bare), a.root, textRole},
		{"no PSD2 statement", leaf(statementCompliance, statementSeal), a.root, textRole},
		{"a role that is none", leaf(statementNoRole, statementSeal), a.root, textRole},
		{"run out", a.leaf(late), a.root, textCertificate},
		{"leaf in the chain", good, good + a.root, textCertificate},
		{"chain of someone else", good, pseudo(t, "Y"), textCertificate},
		{"chain with a certificate too many", good, a.root + pseudo(t, "Y"), textCertificate},
		{"intermediate and root", deep, middle + a.root, ""},
		{"a chain that ends before its root", deep, middle, textRoot},
		{"a chain that begins with its root", deep, a.root + middle, textRoot},
	} {
		t.Run(tc.rule, func(t *testing.T) {
			if tc.chain == "" {
				tc.chain = tc.cert
			}
			status, texts := c.registerWith(tc.cert, tc.chain, "")
			if got := strings.Join(texts, "|"); got != tc.text || (tc.text == "") != (status == 200) {
				t.Errorf("got %d %q, want %q", status, got, tc.text)
			}
		})
	}
	u := sim.Snapshot().Users
	if len(u) != 1 || u[0].Identity != "PSDNL-DNB-1" || u[0].DisplayName != "Example Pay" {
		t.Errorf("users are %+v", u)
	}
}

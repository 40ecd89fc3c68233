package qseal

import (
	"crypto/x509"
	"errors"
	"math/big"
	"slices"
	"testing"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/signing"
)

// What openssl.cnf, qc-seal.asn1 and vectors.sh put into seal.pem, by hand.
func TestDescribe(t *testing.T) {
	d, err := Describe(vector(t, "seal.pem"))
	if err != nil {
		t.Fatal(err)
	}
	if d.Subject() != "/C=NL/O=Vector Payments B.V./organizationIdentifier=PSDNL-DNB-R123456/CN=Vector Payments B.V." ||
		d.OrganizationIdentifier() != "PSDNL-DNB-R123456" {
		t.Errorf("owner %q, %q", d.Subject(), d.OrganizationIdentifier())
	}
	if key, bits := d.Key(); !slices.Equal(d.Roles(), []Role{RolePISP, RoleAISP}) || d.Kind() != KindSeal || key != "RSA" || bits != 2048 {
		t.Errorf("roles %v, kind %v, key %s %d", d.Roles(), d.Kind(), key, bits)
	}
	if !d.NotBefore().Equal(time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)) || !d.NotAfter().Equal(time.Date(2054, 1, 1, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("valid %v to %v", d.NotBefore(), d.NotAfter())
	}
}

// A key that bunq does not register is described, too.
func TestDescribe_anyKey(t *testing.T) {
	d, err := Describe(vector(t, "ec.pem"))
	if err != nil {
		t.Fatal(err)
	}
	if key, bits := d.Key(); key != "EC" || bits != 256 || d.Authority() != nil || !slices.Equal(d.Roles(), []Role{RolePISP, RoleAISP}) {
		t.Errorf("key %s %d, authority %v, roles %v", key, bits, d.Authority(), d.Roles())
	}
}

// An issuer's file often holds the certificate and its chain, in any order.
func TestDescribe_takesTheLeafOfAFullchain(t *testing.T) {
	want, err := Describe(vector(t, "seal.pem"))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"leaf first": vector(t, "seal.pem") + vector(t, "intermediate.pem") + vector(t, "root.pem"),
		"leaf last":  vector(t, "root.pem") + vector(t, "intermediate.pem") + vector(t, "seal.pem"),
	} {
		got, err := Describe(text)
		if err != nil || got.FingerprintSHA256() != want.FingerprintSHA256() {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

func TestDescribe_refuses(t *testing.T) {
	for name, tc := range map[string]struct {
		text string
		want error
	}{
		"malformed statements": {vector(t, "seal-badqc.pem"), ErrMalformedStatements},
		"two certificates":     {vector(t, "seal.pem") + vector(t, "root.pem"), ErrSeveralCertificates},
		"a key beside it":      {vector(t, "seal.pem") + vector(t, "qseal.key"), ErrPrivateKeyFound},
		"nothing":              {"", signing.ErrNotPEM},
	} {
		if d, err := Describe(tc.text); d != nil || !errors.Is(err, tc.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSerialNumber(t *testing.T) {
	for number, want := range map[int64]string{0: "00", 10: "0A", 255: "FF", 256: "0100"} {
		c := Certificate{x509: &x509.Certificate{SerialNumber: big.NewInt(number)}}
		if got := c.SerialNumber(); got != want {
			t.Errorf("%d is %s, want %s", number, got, want)
		}
	}
}

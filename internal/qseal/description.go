package qseal

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"time"
)

// Description is what a certificate says of itself. It may be any X.509 certificate, with a key of
// any algorithm: whether bunq would take it is for [Certificate.Check] to say.
type Description struct {
	// Subject, OrganizationIdentifier, Roles, Kind and FingerprintSHA256 are as the methods of
	// [Certificate] return them.
	Subject, OrganizationIdentifier string
	Roles                           []Role
	Kind                            Kind
	FingerprintSHA256               string
	// Authority is the national authority of the PSD2 statement; nil where the certificate has no
	// such statement.
	Authority *Authority
	// NotBefore and NotAfter are in UTC.
	NotBefore, NotAfter time.Time
	// SerialNumber is hexadecimal as OpenSSL prints it: upper case, whole bytes. (A negative one is
	// no certificate to crypto/x509.)
	SerialNumber string
	// KeyType is "RSA", "EC", "Ed25519" or "" for another algorithm; KeyBits the size of the
	// modulus or of the curve in bits, 0 where KeyType is "".
	KeyType string
	KeyBits int
}

// Authority is the national competent authority that authorised a payment company (ETSI TS 119 495).
type Authority struct {
	ID   string // country, "-", authority, such as "NL-DNB"
	Name string
}

// Describe reads the one certificate of pemText, which those of its issuers may follow
// (fullchain.pem); given twice, it counts once. The error wraps
// signing.ErrNotPEM, signing.ErrDamagedPEM, signing.ErrWrongPEMType, ErrPrivateKeyFound,
// ErrSeveralCertificates, ErrMalformedCertificate or ErrMalformedStatements: what the qualified
// statements say cannot be left out unnoticed.
func Describe(pemText string) (*Description, error) {
	certs, err := parseCertificates(pemText)
	if err != nil {
		return nil, err
	}
	ends := endsOf(certs)
	if len(ends) != 1 {
		return nil, fmt.Errorf("%w: %d found", ErrSeveralCertificates, len(certs))
	}

	cert := ends[0]
	qc, err := readQCStatements(cert)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformedStatements, err)
	}

	c := &Certificate{x509: cert, qc: qc}
	d := &Description{
		Subject:                c.Subject(),
		OrganizationIdentifier: c.OrganizationIdentifier(),
		Roles:                  c.Roles(),
		Kind:                   c.Kind(),
		FingerprintSHA256:      c.FingerprintSHA256(),
		NotBefore:              c.NotBefore(),
		NotAfter:               c.NotAfter(),
		SerialNumber:           serialNumber(cert),
	}
	if qc.psd2 {
		d.Authority = &Authority{ID: c.AuthorityID(), Name: c.AuthorityName()}
	}
	d.KeyType, d.KeyBits = keyOf(cert)
	return d, nil
}

func keyOf(cert *x509.Certificate) (algorithm string, bits int) {
	switch key := cert.PublicKey.(type) {
	case *rsa.PublicKey:
		return "RSA", key.N.BitLen()
	case *ecdsa.PublicKey:
		return "EC", key.Curve.Params().BitSize
	case ed25519.PublicKey:
		return "Ed25519", 8 * len(key)
	default:
		return "", 0
	}
}

func serialNumber(cert *x509.Certificate) string {
	if cert.SerialNumber.Sign() == 0 {
		return "00"
	}
	return fmt.Sprintf("%X", cert.SerialNumber.Bytes())
}

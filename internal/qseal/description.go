package qseal

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
)

// Authority is the national competent authority that authorised a payment company (ETSI TS 119 495).
type Authority struct {
	ID   string // country, "-", authority, such as "NL-DNB"
	Name string
}

// Describe reads the one certificate of pemText, which those of its issuers may follow
// (fullchain.pem); given twice, it counts once. It may be any X.509 certificate, with a key of any
// algorithm: only what it says of itself may be asked of it. The error wraps signing.ErrNotPEM,
// signing.ErrDamagedPEM, signing.ErrWrongPEMType, ErrPrivateKeyFound, ErrSeveralCertificates,
// ErrMalformedCertificate or ErrMalformedStatements: what the qualified statements say cannot be left
// out unnoticed.
func Describe(pemText string) (*Certificate, error) {
	certs, err := parseCertificates(pemText)
	if err != nil {
		return nil, err
	}
	ends := endsOf(certs)
	if len(ends) != 1 {
		return nil, fmt.Errorf("%w: %d found", ErrSeveralCertificates, len(certs))
	}

	c := &Certificate{x509: ends[0]}
	if c.qc, err = readQCStatements(c.x509); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformedStatements, err)
	}
	return c, nil
}

// Authority returns the national authority of the PSD2 statement; nil where there is no such
// statement.
func (c *Certificate) Authority() *Authority {
	if !c.qc.psd2 {
		return nil
	}
	return &Authority{ID: c.qc.ncaID, Name: c.qc.ncaName}
}

// Key returns the algorithm of the key, "RSA", "EC", "Ed25519" or "" for another one, and the size of
// the modulus or of the curve in bits, 0 for another algorithm.
func (c *Certificate) Key() (algorithm string, bits int) { return keyOf(c.x509) }

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

// SerialNumber returns the serial number in hexadecimal, as OpenSSL prints it: upper case, whole
// bytes. (A negative one is no certificate to crypto/x509.)
func (c *Certificate) SerialNumber() string {
	if c.x509.SerialNumber.Sign() == 0 {
		return "00"
	}
	return fmt.Sprintf("%X", c.x509.SerialNumber.Bytes())
}

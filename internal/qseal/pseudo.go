package qseal

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"fmt"
	"time"
)

// PseudoOptions is what a pseudo certificate should contain. Nothing of it is checked.
type PseudoOptions struct {
	// CommonName is required: at most [MaxCommonName] characters. bunq wants the words PISP and/or AISP in it,
	// preferably at its end, and its sandbox distinguishes users by the subject: the same subject
	// is the same user.
	CommonName string
	// Organization, OrganizationIdentifier ("PSDNL-DNB-…") and Country (two capitals) are omitted
	// if empty.
	Organization, OrganizationIdentifier, Country string
	// NotBefore and NotAfter are precise to the second.
	NotBefore, NotAfter time.Time
	// Key signs the certificate, and is the key that it certifies.
	Key *rsa.PrivateKey
}

var (
	oidCommonName   = asn1.ObjectIdentifier{2, 5, 4, 3}
	oidOrganization = asn1.ObjectIdentifier{2, 5, 4, 10}
	oidCountry      = asn1.ObjectIdentifier{2, 5, 4, 6}
)

// NewPseudoCertificate returns the self-signed certificate that bunq's sandbox accepts instead of a
// QSEAL certificate, as PEM. The subject has the order of the command in bunq's docs: the common
// name first and the country last; between them the organisation and its identifier. The extensions
// are those that `openssl req -x509` sets.
func NewPseudoCertificate(o PseudoOptions) (certificatePEM string, err error) {
	var subject pkix.Name
	for _, a := range []struct {
		oid   asn1.ObjectIdentifier
		value string
	}{
		{oidCommonName, o.CommonName},
		{oidOrganization, o.Organization},
		{oidOrganizationIdentifier, o.OrganizationIdentifier},
		{oidCountry, o.Country},
	} {
		if a.value != "" {
			// ExtraNames, because the named fields of pkix.Name are written in an order of their
			// own.
			subject.ExtraNames = append(subject.ExtraNames, pkix.AttributeTypeAndValue{Type: a.oid, Value: a.value})
		}
	}

	template := &x509.Certificate{
		Subject:               subject,
		NotBefore:             o.NotBefore,
		NotAfter:              o.NotAfter,
		SignatureAlgorithm:    x509.SHA256WithRSA,
		BasicConstraintsValid: true,
		IsCA:                  true,
	}

	der, err := x509.CreateCertificate(rand.Reader, template, template, &o.Key.PublicKey, o.Key)
	if err != nil {
		return "", fmt.Errorf("pseudo certificate: %w", err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: typeCertificate, Bytes: der})), nil
}

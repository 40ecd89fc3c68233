package qseal

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"
)

// PseudoOptions is what a pseudo certificate should contain.
type PseudoOptions struct {
	// CommonName is required: at most 64 characters. bunq wants the words PISP and/or AISP in it,
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
	if err := o.check(); err != nil {
		return "", fmt.Errorf("pseudo certificate: %w", err)
	}

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

func (o PseudoOptions) check() error {
	switch {
	case o.Key == nil:
		return errors.New("no key given")
	case o.CommonName == "":
		return errors.New("no common name given")
	case utf8.RuneCountInString(o.CommonName) > MaxCommonName:
		return fmt.Errorf("the common name has %d characters, at most %d are allowed", utf8.RuneCountInString(o.CommonName), MaxCommonName)
	case o.Country != "" && !isCountry(o.Country):
		return fmt.Errorf("country %q is not two capital letters", o.Country)
	case !o.NotAfter.After(o.NotBefore):
		return errors.New("it would end before it begins")
	}

	for _, s := range []string{o.CommonName, o.Organization, o.OrganizationIdentifier} {
		if !utf8.ValidString(s) {
			return errors.New("the subject is not valid UTF-8")
		}
	}
	return nil
}

func isCountry(s string) bool {
	return len(s) == 2 && s[0] >= 'A' && s[0] <= 'Z' && s[1] >= 'A' && s[1] <= 'Z'
}

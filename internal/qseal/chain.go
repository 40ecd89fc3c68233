package qseal

import (
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Chain holds the certificates of a leaf's issuers. Make one with [ParseChain].
type Chain []*x509.Certificate

// ParseChain reads one or more CERTIFICATE blocks, in any order; a certificate given twice counts
// once. The leaf may be among them. The errors are those of [Parse], without those about the number
// and the algorithm of the key: issuers may have any.
func ParseChain(pemText string) (Chain, error) { return parseCertificates(pemText) }

// Bounds on what the signatures of a chain may cost to check: each certificate may have issued
// each other one. A chain of a trust service provider has two to four, with keys of at most 8192
// bits.
const (
	maxCertificates = 32
	maxKeyBits      = 16_384
)

// parseCertificates reads the CERTIFICATE blocks of a text, each certificate once.
func parseCertificates(pemText string) ([]*x509.Certificate, error) {
	found, err := certificateBlocks(pemText)
	if err != nil {
		return nil, err
	}

	if len(found) > maxCertificates {
		return nil, fmt.Errorf("%w: %d found, and at most %d are read; keep the certificate and those of its issuers", ErrTooManyCertificates, len(found), maxCertificates)
	}

	var certs []*x509.Certificate
	for i, b := range found {
		cert, err := x509.ParseCertificate(b.Bytes)
		if err == nil {
			err = checkKeyLength(cert)
		}
		switch {
		case err != nil && len(found) == 1:
			return nil, fmt.Errorf("%w: %w", ErrMalformedCertificate, err)
		case err != nil:
			return nil, fmt.Errorf("%w: certificate %d of %d: %w", ErrMalformedCertificate, i+1, len(found), err)
		}
		if !slices.ContainsFunc(certs, cert.Equal) {
			certs = append(certs, cert)
		}
	}
	return certs, nil
}

func checkKeyLength(cert *x509.Certificate) error {
	if algorithm, bits := keyOf(cert); bits > maxKeyBits {
		return fmt.Errorf("its %s key has %d bits, and at most %d are read", algorithm, bits, maxKeyBits)
	}
	return nil
}

// PEM returns the certificates, concatenated in canonical form; "" for an empty chain.
func (ch Chain) PEM() string {
	var out strings.Builder
	for _, cert := range ch {
		out.WriteString(encodeCertificate(cert))
	}
	return out.String()
}

// Without returns the chain as bunq wants it for leaf: without the leaf, its issuer first and the
// root last. Certificates that did not issue it (which [Certificate.Check] refuses) come at
// the end. The exception is a self-signed leaf without a chain: such a pseudo certificate is its
// own chain (OBSERVED in every client for the sandbox).
func (ch Chain) Without(leaf *Certificate) Chain {
	path := issuers(leaf.x509, ch)
	rest := slices.DeleteFunc(slices.Clone(ch), func(cert *x509.Certificate) bool {
		return cert.Equal(leaf.x509) || slices.ContainsFunc(path, cert.Equal)
	})
	if len(path)+len(rest) == 0 && leaf.SelfSigned() {
		return Chain{leaf.x509}
	}
	return append(path, rest...)
}

// checkChain checks that ch leads from c, signature by signature and in whatever order, to a
// self-signed certificate or to the last intermediate, and that it holds nothing else. An empty chain
// is complete for a self-signed certificate only. The problems name subjects.
func (c *Certificate) checkChain(ch Chain) []Problem {
	path := issuers(c.x509, ch)
	if len(path) == 0 && !c.SelfSigned() {
		return []Problem{c.noIssuer(ch)}
	}

	var problems []Problem
	for _, cert := range ch {
		if !cert.Equal(c.x509) && !slices.ContainsFunc(path, cert.Equal) {
			problems = append(problems, chainProblem("Chain does not match the certificate",
				"Unrelated certificate in the chain: %s (serial number %x) issued neither %s nor one of its issuers. Remove it.",
				oneLine(cert.RawSubject), cert.SerialNumber, c.Subject()))
		}
	}
	return problems
}

// noIssuer says why no member of the chain is the leaf's issuer.
func (c *Certificate) noIssuer(ch Chain) Problem {
	issuer := oneLine(c.x509.RawIssuer)
	namesake := func(cert *x509.Certificate) bool { return bytes.Equal(cert.RawSubject, c.x509.RawIssuer) }
	switch {
	case len(ch) == 0:
		return chainProblem("The chain of the certificate is missing",
			"The certificate was issued by %s, so bunq also needs the certificates of its issuers. Set %s to them, the intermediates first and "+
				"the root last. Your issuer publishes them.", issuer, AttributeChain)
	case slices.ContainsFunc(ch, namesake):
		return chainProblem("Chain does not match the certificate",
			"The certificate of %s in the chain has the issuer's name, but did not sign this certificate: it is from another generation of that "+
				"issuer. Use the one that came with your certificate.", issuer)
	default:
		return chainProblem("Chain does not match the certificate",
			"The certificate was issued by %s, whose certificate is not in the chain. Add it.", issuer)
	}
}

// issuers returns the members that issued the leaf, nearest first: its issuer, the issuer's issuer
// and so on, all of them if an authority is certified by several (cross-signing). The leaf itself
// is never among them.
func issuers(leaf *x509.Certificate, members []*x509.Certificate) []*x509.Certificate {
	found := []*x509.Certificate{leaf}
	for i := 0; i < len(found); i++ {
		for _, cert := range members {
			if !slices.ContainsFunc(found, cert.Equal) && issuedBy(found[i], cert) {
				found = append(found, cert)
			}
		}
	}

	// A root with a cross-signed edition would come before that edition; the end of a chain belongs
	// last.
	var path, roots []*x509.Certificate
	for _, cert := range found[1:] {
		if issuedBy(cert, cert) {
			roots = append(roots, cert)
		} else {
			path = append(path, cert)
		}
	}
	return append(path, roots...)
}

// issuedBy reports whether child names parent as its issuer and has parent's signature. Whether
// parent was allowed to sign is a question of trust, which bunq decides. It uses CheckSignature,
// not CheckSignatureFrom, which refuses SHA-1: roots that still anchor qualified seals are signed
// with it. An algorithm that Go does not have (RSASSA-PSS with a salt of another length than the
// hash) cannot be checked here, so the names count, and the rest is left to bunq.
func issuedBy(child, parent *x509.Certificate) bool {
	if !bytes.Equal(child.RawIssuer, parent.RawSubject) {
		return false
	}
	err := parent.CheckSignature(child.SignatureAlgorithm, child.RawTBSCertificate, child.Signature)
	return err == nil || errors.Is(err, x509.ErrUnsupportedAlgorithm)
}

// chainDates returns a Problem for each member, other than the leaf, that is not valid at now.
func (c *Certificate) chainDates(ch Chain, now time.Time) []Problem {
	var problems []Problem

	for _, cert := range ch {
		if cert.Equal(c.x509) {
			continue
		}

		name := oneLine(cert.RawSubject)
		switch {
		case now.After(cert.NotAfter):
			problems = append(problems, chainProblem("Expired certificate in the chain",
				"The certificate of %s in the chain expired on %s. Use the current one, which your issuer publishes.", name, date(cert.NotAfter)))
		case now.Before(cert.NotBefore):
			problems = append(problems, chainProblem("Certificate in the chain is not valid yet",
				"The certificate of %s in the chain becomes valid on %s. Check the clock of this machine, or use the issuer's current certificate.",
				name, date(cert.NotBefore)))
		}
	}
	return problems
}

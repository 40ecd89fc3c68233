package qseal

import (
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"slices"
)

// Role is a PSD2 role of a payment service provider.
type Role string

// The roles of ETSI TS 119 495, by the names that PSD2 and bunq use for them.
const (
	RolePSPAS Role = "PSP_AS" // account servicing: a bank
	RolePISP  Role = "PISP"   // payment initiation
	RoleAISP  Role = "AISP"   // account information
	RoleCBPII Role = "CBPII"  // card-based payment instruments
)

// Kind is what a qualified certificate is for; "" where it has no QcType statement.
type Kind string

// The kinds that matter here.
const (
	KindSeal      Kind = "seal"      // QSEAL: electronic seals
	KindWeb       Kind = "web"       // QWAC: web site authentication
	KindSignature Kind = "signature" // electronic signatures of persons
)

var (
	oidQCStatements = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 3} // RFC 3739
	oidQCType       = asn1.ObjectIdentifier{0, 4, 0, 1862, 1, 6}       // ETSI EN 319 412-5
	oidQCTypeSign   = asn1.ObjectIdentifier{0, 4, 0, 1862, 1, 6, 1}
	oidQCTypeSeal   = asn1.ObjectIdentifier{0, 4, 0, 1862, 1, 6, 2}
	oidQCTypeWeb    = asn1.ObjectIdentifier{0, 4, 0, 1862, 1, 6, 3}
	oidPSD2         = asn1.ObjectIdentifier{0, 4, 0, 19495, 2} // ETSI TS 119 495

	roleOIDs = map[string]Role{
		"0.4.0.19495.1.1": RolePSPAS,
		"0.4.0.19495.1.2": RolePISP,
		"0.4.0.19495.1.3": RoleAISP,
		"0.4.0.19495.1.4": RoleCBPII,
	}
)

type qcStatements struct {
	kind    Kind
	psd2    bool // there is a PSD2 statement, with whatever roles
	roles   []Role
	ncaName string
	ncaID   string
}

// qcStatement is the QCStatement of RFC 3739; what Info holds depends on ID.
type qcStatement struct {
	ID   asn1.ObjectIdentifier
	Info asn1.RawValue `asn1:"optional"`
}

// psd2Statement is the PSD2QcType of ETSI TS 119 495. The names are UTF8Strings there; any string
// type is read.
type psd2Statement struct {
	Roles   []psd2Role
	NCAName string
	NCAID   string
}

// psd2Role has an identifier and a name. The identifier decides; how the name is written varies in
// practice.
type psd2Role struct {
	ID   asn1.ObjectIdentifier
	Name asn1.RawValue `asn1:"optional"`
}

var errTrailing = errors.New("trailing data")

// unmarshal is asn1.Unmarshal without trailing data.
func unmarshal(der []byte, into any) error {
	rest, err := asn1.Unmarshal(der, into)
	if err == nil && len(rest) > 0 {
		return errTrailing
	}
	return err
}

// readQCStatements reads the qcStatements extension of a certificate; one without the extension has
// empty statements.
func readQCStatements(cert *x509.Certificate) (qcStatements, error) {
	for _, ext := range cert.Extensions {
		if ext.Id.Equal(oidQCStatements) {
			return parseQCStatements(ext.Value)
		}
	}
	return qcStatements{}, nil
}

// parseQCStatements reads the value of the extension. It ignores unknown statements, and unknown
// roles and types in known ones. A malformed statement that matters is an error, as roles would
// silently be missing.
func parseQCStatements(der []byte) (qcStatements, error) {
	var list []asn1.RawValue
	if err := unmarshal(der, &list); err != nil {
		return qcStatements{}, fmt.Errorf("qcStatements extension: %w", err)
	}
	var found qcStatements
	for i, raw := range list {
		var s qcStatement
		if err := unmarshal(raw.FullBytes, &s); err != nil {
			return qcStatements{}, fmt.Errorf("qcStatements extension, statement %d: %w", i+1, err)
		}
		var err error
		switch {
		case s.ID.Equal(oidQCType):
			err = found.addType(s.Info.FullBytes)
		case s.ID.Equal(oidPSD2):
			err = found.addPSD2(s.Info.FullBytes)
		}
		if err != nil {
			return qcStatements{}, err
		}
	}
	return found, nil
}

func (q *qcStatements) addType(der []byte) error {
	var types []asn1.ObjectIdentifier
	if err := unmarshal(der, &types); err != nil {
		return fmt.Errorf("QcType statement: %w", err)
	}
	for _, t := range types {
		switch {
		case t.Equal(oidQCTypeSeal):
			q.kind = KindSeal // also beside another type: it may be used for seals
		case t.Equal(oidQCTypeWeb) && q.kind != KindSeal:
			q.kind = KindWeb
		case t.Equal(oidQCTypeSign) && q.kind == "":
			q.kind = KindSignature
		}
	}
	return nil
}

func (q *qcStatements) addPSD2(der []byte) error {
	var s psd2Statement
	if err := unmarshal(der, &s); err != nil {
		return fmt.Errorf("PSD2 statement: %w", err)
	}
	q.psd2, q.ncaName, q.ncaID = true, s.NCAName, s.NCAID
	for _, r := range s.Roles {
		if role, ok := roleOIDs[r.ID.String()]; ok && !slices.Contains(q.roles, role) {
			q.roles = append(q.roles, role)
		}
	}
	return nil
}

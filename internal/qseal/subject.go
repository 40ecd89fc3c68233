package qseal

import (
	"encoding/asn1"
	"fmt"
	"strings"
)

// attributeNames are OpenSSL's short names of the attribute types that occur in subjects.
var attributeNames = map[string]string{
	"2.5.4.3":                    "CN",
	"2.5.4.4":                    "SN",
	"2.5.4.5":                    "serialNumber",
	"2.5.4.6":                    "C",
	"2.5.4.7":                    "L",
	"2.5.4.8":                    "ST",
	"2.5.4.9":                    "street",
	"2.5.4.10":                   "O",
	"2.5.4.11":                   "OU",
	"2.5.4.12":                   "title",
	"2.5.4.13":                   "description",
	"2.5.4.15":                   "businessCategory",
	"2.5.4.16":                   "postalAddress",
	"2.5.4.17":                   "postalCode",
	"2.5.4.20":                   "telephoneNumber",
	"2.5.4.41":                   "name",
	"2.5.4.42":                   "GN",
	"2.5.4.43":                   "initials",
	"2.5.4.44":                   "generationQualifier",
	"2.5.4.45":                   "x500UniqueIdentifier",
	"2.5.4.46":                   "dnQualifier",
	"2.5.4.65":                   "pseudonym",
	"2.5.4.97":                   "organizationIdentifier",
	"0.9.2342.19200300.100.1.1":  "UID",
	"0.9.2342.19200300.100.1.25": "DC",
	"1.2.840.113549.1.9.1":       "emailAddress",
	"1.2.840.113549.1.9.2":       "unstructuredName",
	"1.3.6.1.4.1.311.60.2.1.1":   "jurisdictionL",
	"1.3.6.1.4.1.311.60.2.1.2":   "jurisdictionST",
	"1.3.6.1.4.1.311.60.2.1.3":   "jurisdictionC",
}

type rawAttribute struct {
	Type  asn1.ObjectIdentifier
	Value asn1.RawValue
}

// rawAttributeSET is one relative distinguished name; the suffix SET makes encoding/asn1 read a SET
// OF.
type rawAttributeSET []rawAttribute

// oneLine returns a DER name in the format of OpenSSL's X509_NAME_oneline: "/" before each relative
// name, "+" between the values of one, unknown types dotted, and every byte outside printable ASCII
// as \xHH. It reads the raw name, because crypto/x509 keeps neither the grouping nor the original
// bytes.
func oneLine(rawName []byte) string {
	var name []rawAttributeSET
	if _, err := asn1.Unmarshal(rawName, &name); err != nil {
		return "" // not reached: crypto/x509 has read the same bytes before
	}

	var out strings.Builder
	for _, relative := range name {
		separator := byte('/')
		for _, attribute := range relative {
			oid := attribute.Type.String()
			short, ok := attributeNames[oid]
			if !ok {
				short = oid
			}

			out.WriteByte(separator)
			out.WriteString(short)
			out.WriteByte('=')
			for _, b := range attribute.Value.Bytes {
				if b < ' ' || b > '~' {
					fmt.Fprintf(&out, `\x%02X`, b)
				} else {
					out.WriteByte(b)
				}
			}

			separator = '+'
		}
	}

	return out.String()
}

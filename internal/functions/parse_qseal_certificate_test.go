package functions

import (
	"encoding/base64"
	"encoding/pem"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// certificateFacts are what the function says of a certificate, "" and nil where that is null.
type certificateFacts struct {
	subject, organization     string
	authorityID, authority    string
	roles                     string
	kind, notBefore, notAfter string
	key                       string
	bits                      int64
	serial                    string
}

// The expectations are written by hand from testdata/openssl.cnf and vectors.sh.
func TestParseQSEALCertificate(t *testing.T) {
	const (
		from, to    = "2024-01-31T12:00:00Z", "2054-01-31T11:59:59Z"
		dutch       = "/C=NL/O=Vector Payments B.V./organizationIdentifier=PSDNL-DNB-R123456/CN=Vector Payments B.V."
		dutchID     = "PSDNL-DNB-R123456"
		dnb, dnbLNG = "NL-DNB", "De Nederlandsche Bank"
	)
	tests := map[string]certificateFacts{
		"role-psp_as": {"/C=DE/O=Vector Bank AG/organizationIdentifier=PSDDE-BAFIN-654321/CN=Vector Bank AG", "PSDDE-BAFIN-654321",
			"DE-BAFIN", "Bundesanstalt für Finanzdienstleistungsaufsicht", "PSP_AS", "seal", from, to, "RSA", 2048, "1A"},
		"role-pisp": {dutch, dutchID, dnb, dnbLNG, "PISP", "seal", from, to, "RSA", 2048, "1B"},
		"role-aisp": {dutch, dutchID, dnb, dnbLNG, "AISP", "seal", from, to, "RSA", 2048, "1C"},
		"role-cbpii": {"/C=IE/O=Vector Cards Ltd/organizationIdentifier=PSDIE-CBI-C99/CN=Vector Cards Ltd", "PSDIE-CBI-C99",
			"IE-CBI", "Central Bank of Ireland", "CBPII", "seal", from, to, "RSA", 2048, "1D"},
		"roles-all":  {dutch, dutchID, dnb, dnbLNG, "PSP_AS PISP AISP CBPII", "seal", from, to, "RSA", 4096, "F0E1D2C3B4A5968778695A4B3C2D1E0F"},
		"roles-none": {dutch, dutchID, dnb, dnbLNG, "", "seal", from, to, "RSA", 2048, "1E"},
		"no-psd2":    {dutch, dutchID, "", "", "", "seal", from, to, "RSA", 2048, "1F"},
		"several":    {dutch, dutchID, dnb, dnbLNG, "AISP PISP", "seal", from, to, "RSA", 2048, "22"},
		"web":        {dutch, dutchID, dnb, dnbLNG, "AISP", "web", from, to, "RSA", 2048, "20"},
		// Only bunq's sandbox reads roles from a name, and only a self-signed certificate's.
		"signature": {"/C=NL/CN=A Person AISP", "", "", "", "", "signature", from, to, "RSA", 2048, "21"},
		"ec":        {dutch, dutchID, dnb, dnbLNG, "AISP", "seal", from, to, "EC", 256, "25"},
		"plain":     {"/CN=app.example.com", "", "", "", "", "", from, to, "Ed25519", 256, "24"},
		// Made by "openssl req -x509 -days 10950", which chooses serial number and dates: they are
		// read below as OpenSSL has them.
		"pseudo": {"/CN=Vector 5d1f0c PISP AISP/C=NL", "", "", "", "PISP AISP", "", "", "", "RSA", 2048, ""},
	}
	for name, want := range tests {
		t.Run(name, func(t *testing.T) {
			got := mustCall(t, NewParseQSEALCertificate(), text(vector(t, name+".pem")))
			attributes := got.(types.Object).Attributes()
			if want.serial == "" {
				for _, chosen := range []string{"serial_number", "not_before", "not_after"} {
					if attributes[chosen].(types.String).ValueString() == "" {
						t.Errorf("no %s", chosen)
					}
				}
				want.serial = attributes["serial_number"].(types.String).ValueString()
				want.notBefore = attributes["not_before"].(types.String).ValueString()
				want.notAfter = attributes["not_after"].(types.String).ValueString()
			}
			if diff := cmp.Diff(want.object(fingerprint(t, name)), got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// object is how the facts stand in the result.
func (f certificateFacts) object(fingerprint string) types.Object {
	authorityTypes := map[string]attr.Type{"id": types.StringType, "name": types.StringType}
	authority := types.ObjectNull(authorityTypes)
	if f.authorityID != "" {
		authority = types.ObjectValueMust(authorityTypes, map[string]attr.Value{"id": text(f.authorityID), "name": text(f.authority)})
	}
	roles := []attr.Value{}
	for _, role := range strings.Fields(f.roles) {
		roles = append(roles, text(role))
	}
	return types.ObjectValueMust(certificateTypes(), map[string]attr.Value{
		"subject":                 text(f.subject),
		"organization_identifier": textOrNull(f.organization),
		"authority":               authority,
		"roles":                   types.ListValueMust(types.StringType, roles),
		"kind":                    textOrNull(f.kind),
		"not_before":              text(f.notBefore),
		"not_after":               text(f.notAfter),
		"key": types.ObjectValueMust(map[string]attr.Type{"type": types.StringType, "bits": types.Int64Type},
			map[string]attr.Value{"type": text(f.key), "bits": types.Int64Value(f.bits)}),
		"serial_number":      text(f.serial),
		"fingerprint_sha256": text(fingerprint),
	})
}

func textOrNull(s string) types.String {
	if s == "" {
		return types.StringNull()
	}
	return text(s)
}

// fingerprint is what OpenSSL says.
func fingerprint(t *testing.T, name string) string {
	t.Helper()
	for line := range strings.Lines(vector(t, "fingerprints.txt")) {
		if sum, file, _ := strings.Cut(strings.TrimSpace(line), " "); file == name+".pem" {
			return sum
		}
	}
	t.Fatalf("no fingerprint of %s", name)
	return ""
}

// Text around the certificate does not matter.
func TestParseQSEALCertificate_tolerates(t *testing.T) {
	certificate := vector(t, "several.pem")
	want := mustCall(t, NewParseQSEALCertificate(), text(certificate))
	for name, given := range map[string]string{
		"text around it":  "Bag Attributes\n    friendlyName: seal\n" + certificate + "\nthe end\n",
		"CRLF":            strings.ReplaceAll(certificate, "\n", "\r\n"),
		"twice":           certificate + certificate,
		"an indentation":  "  " + strings.ReplaceAll(certificate, "\n", "\n  "),
		"no line at all":  strings.ReplaceAll(certificate, "\n", " "),
		"byte order mark": "\ufeff" + certificate,
	} {
		if diff := cmp.Diff(want, mustCall(t, NewParseQSEALCertificate(), text(given))); diff != "" {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
	}
}

func TestParseQSEALCertificate_messages(t *testing.T) {
	certificate, key := vector(t, "several.pem"), vector(t, "seal.key")
	block, _ := pem.Decode([]byte(certificate))
	request := strings.ReplaceAll(certificate, "CERTIFICATE-----", "CERTIFICATE REQUEST-----")
	secrets := []string{strings.Split(key, "\n")[1], "5ecret"}
	bad := func(name, given string) badCall { return badCall{name, []attr.Value{text(given)}} }
	messages(t, NewParseQSEALCertificate(), "parse_qseal_certificate.golden", secrets, []badCall{
		bad("nothing", ""),
		bad("some text", "5ecret"),
		bad("the path of a file", "certs/5ecret.pem"),
		bad("a private key", key),
		bad("certificate and key", certificate+key),
		bad("a certificate beside a stranger's", certificate+vector(t, "root.pem")),
		bad("a request", request),
		bad("DER in base64", base64.StdEncoding.EncodeToString(block.Bytes)),
		bad("a PKCS#12 file in base64", base64.StdEncoding.EncodeToString([]byte(vector(t, "modern.p12")))),
		bad("cut off", certificate[:len(certificate)/2]),
		bad("not X.509", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("5ecret")}))),
		bad("malformed statements", vector(t, "malformed.pem")),
	})
}

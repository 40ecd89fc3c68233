package functions

import (
	"context"
	"errors"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/qseal"
)

// NewParseQSEALCertificate returns parse_qseal_certificate.
func NewParseQSEALCertificate() function.Function {
	return pure{
		name: "parse_qseal_certificate",
		definition: function.Definition{
			Summary: "What a QSEAL certificate says",
			MarkdownDescription: "Returns what a certificate says of its owner and of the PSD2 roles that it grants (ETSI TS 119 495), to check it before it is " +
				"registered or to name it elsewhere. It judges nothing: a plan of `bunq_psd2_credential` says whether bunq can be expected to take it.\n\n" +
				"The object has\n\n" +
				"- `subject` (String) The subject in OpenSSL's one-line form, such as `/C=NL/O=Example Payments B.V./CN=Example`.\n" +
				"- `organization_identifier` (String) The organizationIdentifier, such as `PSDNL-DNB-R123456`; null where there is none.\n" +
				"- `authority` (Object) `id`, such as `NL-DNB`, and `name` of the authority that authorised the company; null where the certificate has no PSD2 " +
				"statement, which is no error.\n" +
				"- `roles` (List of String) `AISP`, `PISP`, `CBPII` and `PSP_AS` in the order of the certificate; of a self-signed certificate without PSD2 " +
				"statement those in its common name, which is where bunq's sandbox reads them. Empty where there are none.\n" +
				"- `kind` (String) `seal` (QSEAL), `web` (QWAC) or `signature`; null where the certificate does not say, such as a pseudo certificate of the sandbox.\n" +
				"- `not_before`, `not_after` (String) From when and until when it is valid (RFC 3339, UTC).\n" +
				"- `key` (Object) `type` (`RSA`, `EC` or `Ed25519`) and `bits` of the public key; null for another algorithm. bunq registers RSA keys.\n" +
				"- `serial_number` (String) Upper-case hexadecimal, as `openssl x509 -serial` prints it.\n" +
				"- `fingerprint_sha256` (String) SHA-256 of the certificate, lower-case hexadecimal.",
			Parameters: []function.Parameter{
				function.StringParameter{
					Name: "pem",
					MarkdownDescription: "One certificate, PEM; those of its issuers may follow it (`fullchain.pem`). Text around it is ignored; a key next to it is an error. For a PKCS#12 file " +
						"use `pkcs12_decode`.",
				},
			},
			Return: function.ObjectReturn{AttributeTypes: certificateTypes()},
		},
		run: parseCertificate,
	}
}

// certificateObject is what the function returns.
type certificateObject struct {
	Subject                string           `tfsdk:"subject"`
	OrganizationIdentifier *string          `tfsdk:"organization_identifier"`
	Authority              *authorityObject `tfsdk:"authority"`
	Roles                  []qseal.Role     `tfsdk:"roles"`
	Kind                   *string          `tfsdk:"kind"`
	NotBefore              string           `tfsdk:"not_before"`
	NotAfter               string           `tfsdk:"not_after"`
	Key                    *keyObject       `tfsdk:"key"`
	SerialNumber           string           `tfsdk:"serial_number"`
	FingerprintSHA256      string           `tfsdk:"fingerprint_sha256"`
}

type authorityObject struct {
	ID   string `tfsdk:"id"`
	Name string `tfsdk:"name"`
}

type keyObject struct {
	Type string `tfsdk:"type"`
	Bits int64  `tfsdk:"bits"`
}

func certificateTypes() map[string]attr.Type {
	return map[string]attr.Type{
		"subject":                 types.StringType,
		"organization_identifier": types.StringType,
		"authority":               types.ObjectType{AttrTypes: map[string]attr.Type{"id": types.StringType, "name": types.StringType}},
		"roles":                   types.ListType{ElemType: types.StringType},
		"kind":                    types.StringType,
		"not_before":              types.StringType,
		"not_after":               types.StringType,
		"key":                     types.ObjectType{AttrTypes: map[string]attr.Type{"type": types.StringType, "bits": types.Int64Type}},
		"serial_number":           types.StringType,
		"fingerprint_sha256":      types.StringType,
	}
}

func parseCertificate(ctx context.Context, arguments function.ArgumentsData, result *function.ResultData) *function.FuncError {
	var pem string
	if err := arguments.Get(ctx, &pem); err != nil {
		return err
	}

	c, err := qseal.Describe(pem)
	if err != nil {
		return function.NewArgumentFuncError(0, certificateProblem(pem, err))
	}

	object := certificateObject{
		Subject:                c.Subject(),
		OrganizationIdentifier: stringOrNull(c.OrganizationIdentifier()),
		Authority:              (*authorityObject)(c.Authority()),
		Roles:                  append([]qseal.Role{}, c.Roles()...), // never null
		Kind:                   stringOrNull(string(c.Kind())),
		NotBefore:              c.NotBefore().Format(time.RFC3339),
		NotAfter:               c.NotAfter().Format(time.RFC3339),
		SerialNumber:           c.SerialNumber(),
		FingerprintSHA256:      c.FingerprintSHA256(),
	}
	if algorithm, bits := c.Key(); algorithm != "" {
		object.Key = &keyObject{algorithm, int64(bits)}
	}
	return result.Set(ctx, object)
}

func stringOrNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// certificateProblem returns the message for a text that is not one certificate.
func certificateProblem(text string, err error) string {
	switch {
	case qseal.IsPKCS12(text):
		return `this is a PKCS#12 file (.p12, .pfx). Pass provider::bunq::pkcs12_decode(filebase64("FILE"), PASSPHRASE).certificate_pem`
	case errors.Is(err, qseal.ErrPrivateKeyFound):
		return "there is a private key in the text. Pass the certificate alone, and keep the key where only its user can read it"
	case errors.Is(err, qseal.ErrSeveralCertificates):
		return "there is more than one certificate in the text that issued no other one, so it is not clear which one is meant. Pass the one that was " +
			"issued to you"
	case errors.Is(err, qseal.ErrMalformedStatements):
		// The error of encoding/asn1 is of no use to a user.
		return "the qualified statements of the certificate are malformed, so its PSD2 roles cannot be read. Ask the issuer for a certificate according to " +
			"ETSI TS 119 495"
	default:
		return err.Error()
	}
}

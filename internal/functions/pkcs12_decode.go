package functions

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// NewPKCS12Decode returns pkcs12_decode.
func NewPKCS12Decode() function.Function {
	return pure{
		name: "pkcs12_decode",
		definition: function.Definition{
			Summary: "Certificate, chain and private key of a PKCS#12 file",
			MarkdownDescription: "Takes apart a PKCS#12 file (`.p12`, `.pfx`), in which many trust service providers deliver a QSEAL certificate with its key. It reads " +
				"files with current encryption (AES with PBKDF2) and with the legacy one (RC2, 3DES).\n\n" +
				"The object has\n\n" +
				"- `certificate_pem` (String) The certificate of the private key, PEM.\n" +
				"- `certificate_chain_pem` (String) The other certificates, PEM, in the order of the file; null where there are none.\n" +
				"- `private_key_pem` (String) The private key, PEM (PKCS#8), not encrypted.\n\n" +
				"~> A function cannot mark its result as sensitive: Terraform marks it as its arguments are. Declare the passphrase `sensitive`, or wrap it in " +
				"`sensitive(…)`, and the result is hidden in plans and refused in outputs that are not sensitive. Pass the key only to write-only arguments such as `private_key_pem_wo`, " +
				"so that it is in no plan and no state. The certificate is no secret: `nonsensitive(…)` shows it again.\n\n" +
				"-> With an `ephemeral` passphrase the whole result is ephemeral, the certificate included, and can only be used in write-only arguments and the " +
				"like. The certificate must then come from a file of its own. The value of a variable that is not ephemeral is in a saved plan file.",
			// Unknown arguments are allowed, so that mistakes in the file are reported at plan, even if
			// the passphrase is unknown.
			Parameters: []function.Parameter{
				function.StringParameter{
					Name:                "base64",
					AllowUnknownValues:  true,
					MarkdownDescription: "The file in base64: `filebase64(\"qseal.p12\")`, or the text of a secret store. Line breaks in it are ignored.",
				},
				function.StringParameter{
					Name:                "passphrase",
					AllowUnknownValues:  true,
					AllowNullValue:      true,
					MarkdownDescription: "The passphrase of the file; empty (in Terraform also null) for a file without.",
				},
			},
			Return: function.ObjectReturn{AttributeTypes: pkcs12Types()},
		},
		run: decodePKCS12,
	}
}

// pkcs12Object is what the function returns.
type pkcs12Object struct {
	CertificatePEM      string  `tfsdk:"certificate_pem"`
	CertificateChainPEM *string `tfsdk:"certificate_chain_pem"`
	PrivateKeyPEM       string  `tfsdk:"private_key_pem"`
}

func pkcs12Types() map[string]attr.Type {
	return map[string]attr.Type{
		"certificate_pem":       types.StringType,
		"certificate_chain_pem": types.StringType,
		"private_key_pem":       types.StringType,
	}
}

func decodePKCS12(ctx context.Context, arguments function.ArgumentsData, result *function.ResultData) *function.FuncError {
	var text, passphrase types.String
	if err := arguments.Get(ctx, &text, &passphrase); err != nil {
		return err
	}

	var der []byte
	if !text.IsUnknown() {
		var problem string
		if der, problem = decodeBase64(text.ValueString()); problem != "" {
			return fileError(problem)
		}
	}
	if text.IsUnknown() || passphrase.IsUnknown() {
		return result.Set(ctx, types.ObjectUnknown(pkcs12Types()))
	}

	object, err := openPKCS12(der, passphrase.ValueString())
	if err != nil {
		return err
	}
	return result.Set(ctx, object)
}

package onboarding

import (
	"crypto/rsa"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
	"github.com/openpsd2/terraform-provider-bunq/internal/qseal"
	"github.com/openpsd2/terraform-provider-bunq/internal/signing"
	"github.com/openpsd2/terraform-provider-bunq/internal/tfdiag"
)

// credentialInput is what the configuration says about the certificate and its key. What is not
// known yet is nil or empty.
type credentialInput struct {
	certificate *qseal.Certificate
	chain       qseal.Chain
	key         *rsa.PrivateKey
	signature   string
}

// readInput reads certificate and chain as far as they are known, and reports what cannot be read
// at its attribute. The chain may follow the certificate if certificate_chain_pem is omitted.
func readInput(config *credentialModel, diags *diag.Diagnostics) (in credentialInput) {
	certificate, chain := config.CertificatePEM, config.CertificateChainPEM
	var err error
	switch {
	case certificate.IsUnknown():
	case chain.IsNull(), chain.IsUnknown():
		var bundle qseal.Bundle
		bundle, err = qseal.ParseFullchain(certificate.ValueString())
		in.certificate, in.chain = bundle.Certificate, bundle.Chain
	default:
		in.certificate, err = qseal.Parse(certificate.ValueString())
	}
	if err != nil {
		diags.AddAttributeError(path.Root("certificate_pem"), "Unusable certificate", tfdiag.Sentence(err))
	}

	if chain.IsNull() || chain.IsUnknown() {
		return in
	}
	in.chain, err = qseal.ParseChain(chain.ValueString())
	switch {
	case err != nil:
		diags.AddAttributeError(path.Root("certificate_chain_pem"), "Unusable certificate chain", tfdiag.Sentence(err))
	case in.certificate != nil:
		in.chain = in.chain.Without(in.certificate)
	}
	return in
}

// checkInput checks what will be sent: the certificate, its chain, and the key or the signature. It
// is not called where nothing is sent, because the credential exists and stays: key and signature
// are needed only when the credential is made, and an expired certificate would block every plan.
func (in *credentialInput) checkInput(config *credentialModel, env bunq.Environment, now time.Time, diags *diag.Diagnostics) {
	in.readKey(config, diags)
	if in.certificate == nil {
		return
	}

	for _, p := range in.certificate.Check(string(env), in.chain, now) {
		if p.Attribute == qseal.AttributeChain && config.CertificateChainPEM.IsUnknown() {
			continue
		}
		if p.Warning {
			diags.AddAttributeWarning(path.Root(p.Attribute), p.Summary, p.Detail)
			continue
		}
		diags.AddAttributeError(path.Root(p.Attribute), p.Summary, p.Detail)
	}

	if in.key != nil && !in.certificate.HasKey(&in.key.PublicKey) {
		diags.AddAttributeError(path.Root("private_key_pem_wo"), "The key does not match the certificate",
			"private_key_pem_wo is not the private key of certificate_pem ("+in.certificate.Subject()+").\n\n"+
				"Next step: use the private key with which this certificate was requested; it is not the key of the installation.")
	}
}

// readKey reads the QSEAL key, or takes the signature that was made elsewhere.
func (in *credentialInput) readKey(config *credentialModel, diags *diag.Diagnostics) {
	at := path.Root("private_key_pem_wo")
	if config.PrivateKeyPEMWO.IsUnknown() || config.ClientPublicKeySignature.IsUnknown() {
		return
	}

	in.signature = config.ClientPublicKeySignature.ValueString()
	if config.PrivateKeyPEMWO.IsNull() {
		if in.signature == "" {
			diags.AddAttributeError(at, "Neither key nor signature",
				"bunq registers a certificate only with a signature by its private key.\n\n"+
					"Next step: set private_key_pem_wo (it is used once and never stored). For a key in an HSM or KMS, sign "+
					"registration_payload of the bunq_installation there and set client_public_key_signature.")
		}
		return
	}

	if config.PrivateKeyPassphraseWO.IsUnknown() {
		return
	}
	key, err := qseal.ParsePrivateKey(config.PrivateKeyPEMWO.ValueString(), config.PrivateKeyPassphraseWO.ValueString())
	if err != nil {
		detail := tfdiag.Sentence(err)
		switch {
		case errors.Is(err, qseal.ErrPassphraseNeeded) && config.PrivateKeyPassphraseWO.IsNull():
			detail += "\n\nNext step: set private_key_passphrase_wo."
		case errors.Is(err, qseal.ErrPassphraseNeeded), errors.Is(err, qseal.ErrWrongPassphrase):
			at = path.Root("private_key_passphrase_wo")
		}
		diags.AddAttributeError(at, "Unusable private key of the certificate", detail)
		return
	}

	in.key = key
}

// checkInstallation refuses an installation that has the key of the certificate: whoever signs with
// the one must not hold the other.
func (in *credentialInput) checkInstallation(installation providerdata.InstallationModel, diags *diag.Diagnostics) {
	if in.certificate == nil || installation.PublicKeyPEM.IsUnknown() {
		return
	}
	public, err := signing.ParsePublicKey(installation.PublicKeyPEM.ValueString())
	if err != nil || !in.certificate.HasKey(public) {
		return // one that cannot be read is reported where it is used
	}
	diags.AddAttributeError(installationPath, "The installation has the key of the certificate",
		"The private_key_pem of the installation is the QSEAL key. The key of an installation is stored in the state and signs every request; the QSEAL key "+
			"should never be stored. Nothing was sent for the credential.\n\n"+
			"Next step: omit private_key_pem of the bunq_installation to have a key generated, or set another one.")
}

// checkSignature checks at plan a signature that was made elsewhere. It is valid for one
// installation, so one that is there before the installation cannot be right.
func (in *credentialInput) checkSignature(installation providerdata.InstallationModel, diags *diag.Diagnostics) {
	if in.key != nil || in.signature == "" {
		return
	}

	if installation.Token.IsUnknown() || installation.PublicKeyPEM.IsUnknown() {
		diags.AddAttributeError(path.Root("client_public_key_signature"), "The signature is older than the installation",
			"This plan makes another installation, and a signature is valid for one installation only. Nothing was sent, and the state is unchanged.\n\n"+
				"Next step: make the installation first, sign its registration_payload, set client_public_key_signature, then apply the rest. In between, an "+
				"old key goes on."+waysOut(
				"first: terraform apply -target='bunq_installation.NAME'",
				"after a leak: terraform apply -target='bunq_installation.NAME' -replace='bunq_installation.NAME'",
				"then, with the signature: terraform apply",
				"then, after a leak: terraform apply -replace='bunq_psd2_credential.NAME'"))
		return
	}

	if in.certificate != nil {
		in.sign(installation, diags)
	}
}

// sign returns the registration signature. One that was made elsewhere is checked here, because
// bunq only says that it is wrong, not why.
func (in *credentialInput) sign(installation providerdata.InstallationModel, diags *diag.Diagnostics) string {
	payload, err := registrationPayload(installation.PublicKeyPEM, installation.Token)
	if err != nil {
		diags.AddAttributeError(installationPath, "Unusable installation", tfdiag.Sentence(err))
		return ""
	}

	if in.key != nil {
		signature, err := qseal.SignRegistration(in.key, payload)
		if err != nil {
			diags.AddAttributeError(path.Root("private_key_pem_wo"), "The key cannot sign", tfdiag.Sentence(err))
		}
		return signature
	}

	if err := in.certificate.VerifyRegistration(payload, in.signature); err != nil {
		diags.AddAttributeError(path.Root("client_public_key_signature"), "The signature does not match",
			tfdiag.Sentence(err)+" Nothing was sent to bunq.\n\n"+
				"Next step: sign registration_payload of this installation byte for byte (it ends with the token, without a newline) with the key "+
				"of the certificate (RSASSA-PKCS1-v1_5, SHA-256), and set the result as base64 on one line. A signature is valid for one "+
				"installation only.")
	}
	return in.signature
}

// warnExpiry warns if the certificate has expired, or does within that many days. Where an expired
// one would be sent, that is an error.
func (in *credentialInput) warnExpiry(days int64, now time.Time, diags *diag.Diagnostics) {
	if in.certificate == nil {
		return
	}

	const next = "\n\nNext step: order a new certificate for the same organisation and replace this one. It joins the same bunq user, so the OAuth client " +
		"and its connections stay."
	at, until := path.Root("certificate_pem"), in.certificate.NotAfter().UTC()
	switch left := until.Sub(now); {
	case left <= 0:
		diags.AddAttributeWarning(at, "The certificate has expired", "It was valid until "+until.Format(time.RFC3339)+"."+next)
	case left <= time.Duration(days)*day:
		diags.AddAttributeWarning(at, "The certificate expires soon",
			fmt.Sprintf("It is valid until %s, for %d more days.%s", until.Format(time.RFC3339), int(left/day), next))
	}
}

package qseal

import "errors"

// What can be wrong with a pasted text, besides signing.ErrNotPEM, signing.ErrDamagedPEM,
// signing.ErrWrongPEMType, signing.ErrNotRSA and signing.ErrMalformedKey. The errors returned wrap one of these and say what
// was found and what to do; none of them holds any part of a key or of a passphrase.
var (
	// ErrPrivateKeyFound means that there is a private key where only certificates belong, which
	// are stored unencrypted.
	ErrPrivateKeyFound = errors.New("private key found")
	// ErrSeveralCertificates means that there is more than the one certificate that belongs there.
	ErrSeveralCertificates = errors.New("more than one certificate")
	// ErrTooManyCertificates means that there are more certificates than any chain has.
	ErrTooManyCertificates = errors.New("too many certificates")
	// ErrMalformedCertificate means that a CERTIFICATE block holds no X.509 certificate.
	ErrMalformedCertificate = errors.New("malformed certificate")
	// ErrMalformedStatements means that a certificate's qualified statements, and so its PSD2
	// roles, cannot be read.
	ErrMalformedStatements = errors.New("malformed qualified statements")

	// ErrPassphraseNeeded means that the private key is encrypted and no passphrase was given.
	ErrPassphraseNeeded = errors.New("private key is encrypted")
	// ErrWrongPassphrase means that the private key could not be decrypted with the passphrase
	// given.
	ErrWrongPassphrase = errors.New("wrong passphrase")
	// ErrUnsupportedEncryption means that the private key is encrypted in a way that is not
	// supported.
	ErrUnsupportedEncryption = errors.New("unsupported encryption of the private key")

	// ErrNotBase64 means that a signature is not base64.
	ErrNotBase64 = errors.New("signature is not base64")
	// ErrWrappedBase64 means that a signature is base64 with white space in or around it. bunq
	// accepts it on one line only.
	ErrWrappedBase64 = errors.New("signature is not on one line")
	// ErrWrongSignature means that a signature was made with another key, over another text, or in
	// another scheme.
	ErrWrongSignature = errors.New("signature does not verify")
)

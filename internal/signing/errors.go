package signing

import "errors"

// Errors of this package, for errors.Is. The message names the PEM type that was found and says
// what to do about it; no error carries key material.
var (
	// ErrNotPEM means that no PEM block begins in the text.
	ErrNotPEM = errors.New("no PEM block found")
	// ErrDamagedPEM means that a PEM block begins, and cannot be read.
	ErrDamagedPEM = errors.New("damaged PEM")
	// ErrWrongPEMType means a well-formed PEM block of another type than the one needed.
	ErrWrongPEMType = errors.New("wrong PEM type")
	// ErrNotRSA means a key of another algorithm. Every source has RSA; whether bunq accepts others
	// is UNKNOWN.
	ErrNotRSA = errors.New("not an RSA key")
	// ErrEncrypted means a private key that is protected with a passphrase.
	ErrEncrypted = errors.New("the private key is encrypted")
	// ErrMalformedKey means a PEM block of the right type whose content is no usable key.
	ErrMalformedKey = errors.New("malformed key")
	// ErrInvalidSignature means a signature that was not made with the key over the message.
	ErrInvalidSignature = errors.New("invalid signature")
)

// Package signing turns bytes into signatures and back into certainty: RSA key
// pairs as PEM, RSASSA-PKCS1-v1_5 with SHA-256 signatures as base64, and their
// verification. bunq uses this one scheme for requests, for responses and for
// the registration of a QSEAL certificate (bunq docs, "Signing").
//
// It knows nothing of HTTP, of bunq's bodies or of certificates, and never puts
// key material into an error.
package signing

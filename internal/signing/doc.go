// Package signing signs bytes and verifies signatures: RSA key pairs as PEM, and RSASSA-PKCS1-v1_5
// signatures with SHA-256 as base64. bunq uses this one scheme for requests, for responses and for
// the registration of a QSEAL certificate (DOCUMENTED, https://doc.bunq.com/basics/signing).
//
// It does not know HTTP, bunq's bodies or certificates, and never puts key material into an error.
package signing

// Package qseal reads the certificate with which a PSD2 party registers at bunq, and makes the signature that goes with it.
//
// It owns what can be known about a QSEAL certificate without asking anybody: whose it is, which PSD2 roles it grants, whether
// its chain leads from it, whether bunq can be expected to take it in the sandbox or in production, and whether a private key
// or a ready-made signature fits. It also makes the self-signed pseudo certificates that bunq's sandbox takes instead.
//
// It judges no trust: which issuers bunq believes is bunq's to say, so nothing here looks at a root store or a revocation list.
// It must not know HTTP, bunq's endpoints, or Terraform; the attribute names in [Problem] are labels that its caller maps.
// The time is always given from outside.
package qseal

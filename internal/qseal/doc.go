// Package qseal reads the certificate with which a PSD2 party registers at bunq, and makes the
// signature that goes with it.
//
// It owns what can be known about a QSEAL certificate without a call: whose it is, which PSD2 roles
// it grants, whether its chain leads from it, whether bunq can be expected to accept it in the
// sandbox or in production, and whether a private key or a ready-made signature matches. It also
// makes the self-signed pseudo certificates that bunq's sandbox accepts instead.
//
// It does not check trust: bunq decides which issuers it accepts, so nothing here looks at a root
// store or a revocation list. It must not know HTTP, bunq's endpoints, or Terraform; the attribute
// names in [Problem] are labels that its caller maps. The time always comes from the caller.
package qseal

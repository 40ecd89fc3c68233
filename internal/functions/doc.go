// Package functions has the provider's functions: what can be computed from values alone, without
// bunq and without the provider block.
//
// A function is pure: the same arguments give the same result, at validation, plan and apply. An
// error is about the argument that is wrong, and is reported as soon as that argument is known.
// Terraform writes the message after `Invalid value for "…" parameter: ` and adds a full stop, so
// messages begin with a small letter and have none. None repeats its argument: a value in the wrong
// place may be a secret.
//
// It must not know any resource.
package functions

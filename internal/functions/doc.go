// Package functions holds the provider's functions: what can be computed from values alone, without bunq and without the
// provider block.
//
// A function is pure: the same arguments give the same result, at validation, plan and apply. Whatever it finds wrong, it says of
// the argument that is wrong, and of the others as soon as they are known. Terraform writes the message after `Invalid value for
// "…" parameter: ` and ends it with a full stop, so messages here begin small and end without one. None repeats its argument:
// a value in the wrong place may be a secret.
//
// It must not know any resource.
package functions

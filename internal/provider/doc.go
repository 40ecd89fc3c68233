// Package provider wires the provider together: the schema of the provider block, its environment
// variables, and the list of resources.
//
// It has no behaviour of its own: what a setting does is in the package that uses it.
package provider

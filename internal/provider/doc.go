// Package provider wires the provider together: the schema of the provider
// block, its environment variables, and the list of resources.
//
// It owns no behaviour of its own: what a setting does stands in the package
// that it is for.
package provider

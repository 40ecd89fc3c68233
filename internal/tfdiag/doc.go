// Package tfdiag turns the errors of the API client into diagnostics that a user can act on: which
// call failed, what bunq said, what it means for the state, and the next step.
//
// It is the only place that words API errors for users. It knows the client's typed errors and no
// resource.
package tfdiag

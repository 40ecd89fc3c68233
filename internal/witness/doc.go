// Package witness sees bunq as an application and its user do, for the demo and for tests: it calls the
// API with what an apply left in the state, reads pages and sends their forms, and trades a code for an
// access token.
//
// It uses the standard library alone, and shares no code with the provider, so that a mistake there
// cannot hide here.
package witness

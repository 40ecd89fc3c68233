// Package onboarding holds the resources that lead to a working API key: bunq_installation,
// bunq_psd2_credential and bunq_device_server, and bunq_sandbox_certificate, which makes the pseudo
// certificate for a first try.
//
// It owns what these resources promise: ids and secrets reach the state with the first answer that
// holds them, nothing is sent twice, and a destroy names what bunq cannot delete. It must not know
// the resources that use the key.
package onboarding

// Package lifecycle holds the tests of what happens to resources when something
// goes wrong: each call to bunq of each operation meets each fault that the
// simulator can play, the provider is killed around each call of a first apply,
// and each error is written down as a user reads it.
//
// It owns no code that ships, and must not know the packages of the resources:
// they are seen as Terraform sees them, through the protocol and the CLI.
//
// Hundreds of runs with the CLI would take too long. So most of them are driven
// by a small stand-in for Terraform (terraform_*_test.go, on internal/acctest/core), in process and with
// the clock of testing/synctest: a timeout or a wait for bunq's limits takes no
// time. A part of the same runs is repeated with the CLI, to prove that the
// stand-in does as core does.
package lifecycle

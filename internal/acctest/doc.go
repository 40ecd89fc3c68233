// Package acctest is what acceptance tests share: a simulator for each test,
// the provider served in the test's process, configurations, and checks of what
// the simulator holds and was asked.
//
// It is imported from _test.go files only.
package acctest

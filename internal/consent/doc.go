// Package consent holds the tests of what an apply is for: that the first bunq user can say yes to
// the client it has made, and that the application gets its access from that, and loses it again.
//
// It owns no code that ships, and sees the provider through the CLI only. The three others of OAuth
// are the test's own, and share no code with the provider or the simulator: the person with a
// browser (browser_test.go), the application that is sent the code and the notifications
// (application_test.go), and its calls to bunq (calls_test.go).
package consent

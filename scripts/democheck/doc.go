// Command democheck asks bunq (in the demo: its simulator) what an apply has left there, and prints it.
//
// It is the demo's witness: it takes keys and tokens from the state, as "terraform show -json"
// prints it, opens a session of its own and reads the OAuth clients of the user. With -consent it
// goes the way of a bunq user who says yes, and of the application after it, from the outputs of
// the state alone. Like package witness, which it uses, it shares no code with the provider.
package main

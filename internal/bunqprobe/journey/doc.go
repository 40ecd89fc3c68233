// Command journey takes the provider itself through a bunq sandbox: apply, empty plan, change,
// protect, import, destroy, each step with its calls, waits and time. "make sandbox" builds what it
// needs and runs it.
//
// It sees the provider as its users do: through the CLI, and through the log that the provider
// writes. Whom it may ask is decided by the same rules as for the probe.
package main

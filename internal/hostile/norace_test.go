//go:build !race

package hostile

// raceEnabled is false: what is measured is the provider's.
const raceEnabled = false

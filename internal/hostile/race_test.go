//go:build race

package hostile

// raceEnabled is true if the race detector takes several times the memory.
const raceEnabled = true

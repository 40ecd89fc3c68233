// Package pacing proves that client, sessions and provider together keep bunq's
// limits, and repeat nothing that they should not. It holds tests only: the
// pieces have tests of their own, and what they are worth joined can be seen
// only where all of them meet the simulator.
//
// Most of them run in faked time (testing/synctest), so that an hour of waiting
// costs nothing and every wait can be measured exactly. What faked time cannot
// show, the real CLI and real processes, is tried once for real.
package pacing

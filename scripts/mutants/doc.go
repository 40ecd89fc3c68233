// Command mutants reads what gremlins found, for scripts/mutate.sh.
//
// "mutants extend" adds to a coverage profile what Go's coverage never counts although it runs: the
// conditions of a switch, and the values of constants and variables of a package. Gremlins tests
// only mutants in covered code, and so would call those not covered whatever the tests do.
//
// "mutants report" reads the report of gremlins and prints how many mutants were killed, lived, or
// were not covered by the package's own tests, and where. Mutants that cannot matter are named in
// harmless.txt, each with its reason, and are left out of the figures.
package main

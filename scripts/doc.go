// Package scripts holds the tests of the shell scripts beside it: what they choose, and what they
// say about it. The scripts are what the make targets run; they know the provider from outside
// only.
package scripts

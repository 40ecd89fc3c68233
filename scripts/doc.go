// Package scripts holds the tests of the shell scripts in this directory: what they choose, and what they
// print about it. The scripts are what the make targets run; they know the provider from outside
// only.
package scripts

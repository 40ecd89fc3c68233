#!/usr/bin/env bash
# Runs every fuzz test of the module for a bounded time, one after the other.
#
# usage: scripts/fuzz.sh [DURATION]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
duration=${1:-10s}

run=0
for package in $(go list -f '{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}' ./...); do
  # go test refuses to fuzz more than one test at a time, and would spend a minute on making each find smaller.
  for name in $(go test -list '^Fuzz' "$package" | grep '^Fuzz' || true); do
    echo "== $package $name, $duration"
    go test -run '^$' -fuzz "^$name\$" -fuzztime "$duration" -fuzzminimizetime 10x "$package" </dev/null
    run=$((run + 1))
  done
done
echo "$run fuzz tests ran for $duration each."

#!/usr/bin/env bash
# Checks the form of all pages with the linter that tools/markdownlint pins, which comes from the npm registry. A machine
# without npm, or that cannot reach it, says so and goes on; in the workflow that is a failure (REQUIRED=1).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

installed=.tools/markdownlint
if ! cmp -s tools/markdownlint/package-lock.json "$installed/package-lock.json"; then
  rm -rf "$installed"
  mkdir -p .tools "$installed.new"
  cp tools/markdownlint/package*.json "$installed.new/"
  if ! npm ci --prefix "$installed.new" --ignore-scripts --no-audit --no-fund --fetch-retries=0 </dev/null >.tools/markdownlint.log 2>&1; then
    rm -rf "$installed.new"
    if [[ -n ${REQUIRED-} ]]; then
      cat .tools/markdownlint.log >&2
      exit 1
    fi
    echo "SKIPPED: the form of the pages was not checked; there is no npm here, or it cannot reach its registry." >&2
    exit
  fi
  mv "$installed.new" "$installed"
fi
"$installed/node_modules/.bin/markdownlint-cli2" </dev/null

#!/usr/bin/env bash
# Everything that must hold besides the tests. Each check runs, whatever the others found; the end tells which failed and
# what to do.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/dev-provider.sh"
cd "$root"

formatted() {
  local lint
  lint=$(scripts/build-tool golangci-lint)
  "$lint" fmt --diff </dev/null && scripts/format-examples.sh --check
}

# For Windows as well, which differs most; "make vet-platforms" does the others.
vetted() {
  go vet ./... </dev/null
  GOOS=windows CGO_ENABLED=0 go vet ./... </dev/null
}

linted() {
  local lint
  lint=$(scripts/build-tool golangci-lint)
  "$lint" run </dev/null
}

# Every package under internal/ must be named in a rule about who may import whom.
bounded() {
  local dir missing=0
  for dir in internal/*/; do
    if ! grep -q "files: .*\*\*/${dir}\*" .golangci.yml; then
      echo "$dir has no depguard rule in .golangci.yml." >&2
      missing=1
    fi
  done
  return "$missing"
}

# Tidying needs a module's whole graph, which is gigabytes for OpenTofu and the tools of a release: those are looked at
# where they have been built, and in "make release-check".
tidy() {
  local module name untidy=0
  for module in . tools/*/; do
    name=$(basename "$module")
    case $name in opentofu | goreleaser | cyclonedx-gomod) if [[ ! -e .tools/stamps/$name ]]; then continue; fi ;; esac
    if ! go -C "$module" mod tidy -diff </dev/null; then
      echo "Not tidy: $module" >&2
      untidy=1
    fi
  done
  return "$untidy"
}

documented() {
  # Inside the repository, because the generator takes a path relative to it only.
  local fresh=.tools/docs
  rm -rf "$fresh"
  scripts/docs.sh "$fresh" && diff -ru docs "$fresh"
}

# Links, form and spelling of every page, and the words of examples and scripts. Uncached, because the files are no Go.
paged() { go test -count=1 -run '^(TestMarkdown|TestMessages|TestSpelling)' ./scripts </dev/null; }

exemplary() { scripts/validate-examples.sh; }

scripted() {
  local file bad=0 files=(.ci/run scripts/build-tool scripts/terraform-cli scripts/*.sh)
  for file in "${files[@]}"; do
    bash -n "$file" || bad=1
  done
  if command -v shellcheck >/dev/null; then
    shellcheck -x -P scripts "${files[@]}" || bad=1
  fi
  return "$bad"
}

# GitHub's workflows: ours, and the pipeline that users copy.
automated() {
  local actionlint
  actionlint=$(scripts/build-tool actionlint)
  "$actionlint" .github/workflows/*.yml examples/ci/github.yml examples/nightly/github.yml </dev/null
}

advice=()

# check NAME FUNCTION ADVICE
check() {
  local started=$SECONDS status=0
  echo "-- $1"
  # In a subshell of its own, so that "set -e" holds inside: bash switches it off within if, || and &&.
  set +e
  (
    set -e
    "$2"
  )
  status=$?
  set -e
  if ((status == 0)); then
    echo "   good, $((SECONDS - started)) s"
  else
    echo "   FAILED, $((SECONDS - started)) s"
    advice+=("$1: $3")
  fi
}

check "format" formatted "run \"make fmt\"."
check "go vet" vetted "fix what it names."
check "golangci-lint" linted "fix what it names; where it is wrong, //nolint:linter // reason."
check "import rules" bounded "add a rule for the package to .golangci.yml, next to the others."
check "modules" tidy "run \"go mod tidy\" there."
check "workflows" automated "fix the workflow; it runs at GitHub only, so nothing else finds the mistake here."
check "docs" documented "run \"make docs\" and commit what it changes; docs/ is not edited by hand."
check "pages" paged "fix the page, or note down a new word that is spelt right with \"go test ./scripts -run TestSpelling -update\"."
check "examples" exemplary "fix the example, or the schema that it shows."
check "scripts" scripted "fix the script."

if ((${#advice[@]} > 0)); then
  echo
  echo "make check found something:"
  printf '  %s\n' "${advice[@]}"
  exit 1
fi
echo "make check: all good."

#!/usr/bin/env bash
# Everything that must hold besides the tests. Every check runs, even if others failed; the end says which failed and
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

# Who may import whom.
bounded() { go test -count=1 -run '^TestImports' ./scripts </dev/null; }

# Tidying needs a module's whole graph, which is gigabytes for OpenTofu and the tools of a release: those are checked
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

# Links, plain words and messages of every page. Uncached, because the files are no Go.
paged() {
  go test -count=1 -run '^(TestMarkdown|TestMessages)' ./scripts </dev/null
  scripts/lint-markdown.sh
}

# Common misspellings in everything but Go, whose comments golangci-lint looks at.
spelled() {
  local misspell others='authorize,authorization,organization' # words of OAuth and X.509
  others+=,analyze,artifact,artifacts,color # names of an action, of what a workflow keeps, of a flag
  others+=,serialization # a module of Python's cryptography
  misspell=$(scripts/build-tool misspell)
  git ls-files -z --cached --others --exclude-standard -- . ':!*.go' ':!go.*' ':!tools' ':!*.css' ':!*/testdata/*' |
    while IFS= read -r -d '' file; do if [[ -e $file ]]; then printf '%s\0' "$file"; fi; done |
    xargs -0 "$misspell" -error -locale UK -i "$others"
}

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
check "import rules" bounded "do without the import, or add it to the table in scripts/imports_test.go with a reason."
check "modules" tidy "run \"go mod tidy\" there."
check "workflows" automated "fix the workflow; it runs at GitHub only, so nothing else finds the mistake here."
check "docs" documented "run \"make docs\" and commit what it changes; docs/ is not edited by hand."
check "pages" paged "fix the page."
check "spelling" spelled "write the word that it names; a name that it takes for a word goes into the list in scripts/check.sh."
check "examples" exemplary "fix the example, or the schema that it shows."
check "scripts" scripted "fix the script."

if ((${#advice[@]} > 0)); then
  echo
  echo "make check found something:"
  printf '  %s\n' "${advice[@]}"
  exit 1
fi
echo "make check: all good."

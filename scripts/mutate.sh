#!/usr/bin/env bash
# Mutation tests: changes the code of a package, one small change at a time, and runs the package's own tests on each. A
# change that no test notices names a rule that nobody checks. Acceptance tests are not run.
#
# usage: scripts/mutate.sh PACKAGE_DIR [gremlins flags]
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/dev-provider.sh"
cd "$root"

package=${1:?usage: scripts/mutate.sh PACKAGE_DIR [gremlins flags], as in scripts/mutate.sh ./internal/bunq}
shift
package=${package#./} package=${package%/}
[[ -d $package ]] || { echo "mutate.sh: there is no directory $package" >&2; exit 2; }

gremlins=$(scripts/build-tool gremlins)
shield_from_settings
unset "${!TF_ACC@}"

temp=$(mktemp -d)
trap 'rm -rf "$temp"' EXIT
mkdir "$temp/bin" "$temp/source" "$temp/work"
go build -o "$temp/mutants" ./scripts/mutants

# Gremlins copies the whole module once for each worker, so it gets one without history, archives and built tools.
git ls-files -z --cached --others --exclude-standard |
  while IFS= read -r -d '' file; do if [[ -e $file ]]; then printf '%s\0' "$file"; fi; done |
  tar --null -T - -cf - | tar -xf - -C "$temp/source"

# Stands before the real one for gremlins, which takes the exit status 1 for a killed mutant, and so would count those
# that do not compile; and which tests only what a coverage profile calls covered.
cat >"$temp/bin/go" <<'SHIM'
#!/usr/bin/env bash
status=0 profile='' previous=''
for argument; do
  if [[ $previous == -coverprofile ]]; then profile=$argument; fi
  previous=$argument
done
output=$("$MUTATE_GO" "$@" 2>&1) || status=$?
printf '%s\n' "$output"
if ((status == 1)) && [[ $output == *'[build failed]'* || $output == *'[setup failed]'* ]]; then exit 2; fi
if ((status == 0)) && [[ -n $profile ]]; then
  "$MUTATE_MUTANTS" extend -module "$("$MUTATE_GO" list -m)" "$profile" || exit
fi
exit "$status"
SHIM
chmod +x "$temp/bin/go"

# Without vet: what it thinks of a mutant is no judgement of the tests. Without debugging data, which takes long to link.
# What the tests missed so far is shown at once.
(
  cd "$temp/source"
  export MUTATE_GO MUTATE_MUTANTS=$temp/mutants GOFLAGS="${GOFLAGS-} -vet=off -ldflags=-w" TMPDIR=$temp/work
  MUTATE_GO=$(command -v go)
  PATH=$temp/bin:$PATH "$gremlins" unleash --output "$temp/found.json" --output-statuses lct "$@" "./$package" </dev/null 2>&1 |
    tee "$temp/log" | awk '/^Gathering|^ *(LIVED|TIMED OUT|NOT COVERED) / { print; fflush() }' >&2
) || {
  cat "$temp/log" >&2
  exit 1
}
"$temp/mutants" report -gremlins "$temp/found.json" -harmless scripts/mutants/harmless.txt "$package"

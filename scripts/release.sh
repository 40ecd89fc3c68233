#!/usr/bin/env bash
# Makes the release of the tag that is checked out, with what CHANGELOG.md says about that version as its text.
# With --check it only tries: the configuration, and all archives without signature, into dist/.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if ! git remote get-url origin >/dev/null 2>&1; then
  echo "goreleaser needs a git remote named origin: the repository that the release belongs to." >&2
  exit 1
fi
goreleaser=$(scripts/build-tool goreleaser)

if [[ ${1-} == --check ]]; then
  go -C tools/goreleaser mod tidy -diff </dev/null
  "$goreleaser" check </dev/null
  "$goreleaser" release --snapshot --clean --skip=sign,publish </dev/null
  exit
fi

tag=$(git describe --exact-match --tags)
notes=$(mktemp)
trap 'rm -f "$notes"' EXIT
# The lines below the heading of this version, up to the heading of the one before it.
awk -v version="${tag#v}" '
  /^## / { inside = (index($0, version) > 0 && $0 ~ "(^|[^0-9.])" version "([^0-9.]|$)"); next }
  inside
' CHANGELOG.md >"$notes"
if ! grep -q '[^[:space:]]' "$notes"; then
  echo "CHANGELOG.md says nothing about ${tag#v}; give it a heading \"## ${tag#v}\"." >&2
  exit 1
fi
"$goreleaser" release --clean --release-notes "$notes" </dev/null

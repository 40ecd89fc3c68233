#!/usr/bin/env bash
# Moves the project to another owner: the namespace of the source address (OWNER/bunq), and the path of the Go module,
# which is the address of the repository as well. Both are replaced wherever they stand, in docs and examples too.
#
# usage: scripts/rename.sh OWNER MODULE
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/dev-provider.sh"
cd "$root"

owner=${1-} module=${2-}
address=$(provider_address)
old_owner=${address%/*}
old_module=$(go list -m)

if ! [[ $owner =~ ^[a-z0-9][a-z0-9-]*$ && $module =~ ^[a-z0-9.-]+(/[a-zA-Z0-9._-]+)+$ ]]; then
  echo "usage: make rename OWNER=acme MODULE=github.com/acme/terraform-provider-${address##*/}" >&2
  exit 2
fi
# The registries find a provider by the name of its repository.
if [[ ${module##*/} != "terraform-provider-${address##*/}" ]]; then
  echo "The last part of MODULE must be terraform-provider-${address##*/}." >&2
  exit 2
fi

# The module first, and as a mark: it may contain the old owner, and the new one may, too.
mark=@@MODULE@@
renamed=$(mktemp)
trap 'rm -f "$renamed"' EXIT
count=0
while IFS= read -r -d '' file; do
  sed "s|${old_module//./\\.}|$mark|g; s|$old_owner/|$owner/|g; s|$mark|$module|g" "$file" >"$renamed"
  if ! cmp -s "$renamed" "$file"; then
    cat "$renamed" >"$file" # keeps its mode
    count=$((count + 1))
  fi
done < <(git grep -lzI --untracked -e "$old_module" -e "$old_owner/")

echo "$count files changed: $old_owner/${address##*/} is $owner/${address##*/}, and $old_module is $module."
echo "Now run \"make check test\", and read the difference before you commit it."

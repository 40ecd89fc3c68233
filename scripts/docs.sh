#!/usr/bin/env bash
# Generates the provider's documentation from its schemas, templates/ and examples/.
#
# usage: scripts/docs.sh DIR    DIR is relative to the repository
#
# The schemas come from the provider itself and not from "terraform providers schema": what a CLI says there depends on
# its version (identities from Terraform 1.12 on, list resources from 1.14 on, OpenTofu names another registry), and the
# documentation must not depend on who generated it.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/dev-provider.sh"
cd "$root"
output=${1:?usage: scripts/docs.sh DIR}

temp=$(mktemp -d)
trap 'rm -rf "$temp"' EXIT

address=$(provider_address)
tfplugindocs=$(scripts/build-tool tfplugindocs)
go run ./scripts/providerschema </dev/null >"$temp/schemas.json"
"$tfplugindocs" generate --provider-name "terraform-provider-${address##*/}" --rendered-provider-name "${address##*/}" \
  --providers-schema "$temp/schemas.json" --rendered-website-dir "$output" </dev/null >"$temp/log" 2>&1 || {
  cat "$temp/log" >&2
  exit 1
}

# Tables that tests have measured stand in the guides as "<!-- include: PATH -->", so that there is one of each.
for guide in "$output"/guides/*.md; do
  if ! awk '/^<!-- include: [^ ]+ -->$/ { lines = 0; while ((getline line <$3) > 0) { print line; lines++ } if (!lines) exit 1; next } { print }' \
    "$guide" >"$temp/guide"; then
    echo "$guide includes a file that is not there." >&2
    exit 1
  fi
  cp "$temp/guide" "$guide"
done

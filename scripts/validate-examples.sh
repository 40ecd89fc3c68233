#!/usr/bin/env bash
# Validates every example with the provider of this work tree. Each directory under examples/ must be valid by itself;
# an import-by-*.tf is validated together with the other files of its directory. The terraform block, which the examples of the
# documentation leave out, is added where it is missing.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/dev-provider.sh"
cd "$root"

temp=$(mktemp -d)
trap 'rm -rf "$temp"' EXIT

find_terraform_cli
shield_from_settings
use_dev_provider "$temp"
address=$(provider_address)

# An import block with an identity is understood by Terraform 1.12 and newer, and not by every OpenTofu.
mkdir "$temp/identity"
cat >"$temp/identity/main.tf" <<'HCL'
import {
  to       = terraform_data.x
  identity = { id = "x" }
}
resource "terraform_data" "x" {}
HCL
knows_identity=true
# Into a variable first: with pipefail, the status of a pipe would be that of the CLI, which fails in either case.
probe=$("$TF_CLI" -chdir="$temp/identity" validate -no-color </dev/null 2>&1 || true)
if [[ $probe == *'Unsupported argument'* ]]; then knows_identity=false; fi

failed=0 validated=0

# validate DIR [FILE]: DIR without its import files, or with the one named.
validate() {
  local dir=$1 import=${2-} work=$temp/work
  rm -rf "$work"
  mkdir "$work"
  cp -R "$dir/." "$work/"
  rm -rf "$work/.terraform" "$work"/import-by-*.tf
  if [[ -n $import ]]; then cp "$dir/$import" "$work/"; fi
  if ! grep -q required_providers "$work"/*.tf; then
    printf 'terraform {\n  required_providers {\n    %s = { source = "%s" }\n  }\n}\n' "${address##*/}" "$address" \
      >"$work/validate_examples_terraform.tf"
  fi
  # The documentation of what takes an API context does not repeat how a device is made.
  if grep -q 'bunq_device_server\.main\.' "$work"/*.tf && ! grep -q '^resource "bunq_device_server" "main"' "$work"/*.tf; then
    cp scripts/testdata/device.tf "$work/validate_examples_device.tf"
  fi
  # Files that a user brings (certificates, keys) are empty here: validate reads them, and looks no further. A function
  # looks into them already then, so those that one reads are the tests' own.
  grep -hoE 'file(base64)?\("[^"]+"\)' "$work"/*.tf | sed -E 's/^file(base64)?\("(\$\{path\.module\}\/)?([^"]+)"\)$/\3/' | while IFS= read -r file; do
    if [[ -e $work/$file ]]; then continue; fi
    case $dir/$file in
    examples/functions/*.pem) cp internal/functions/testdata/several.pem "$work/$file" ;;
    examples/functions/*.p12) cp internal/functions/testdata/modern.p12 "$work/$file" ;;
    */qseal.pem) cp internal/qseal/testdata/seal.pem "$work/$file" ;;
    *) : >"$work/$file" ;;
    esac
  done || true
  # Modules of the example itself have to be noted down before they are known.
  if grep -qE '^module ' "$work"/*.tf; then "$TF_CLI" -chdir="$work" get </dev/null >/dev/null; fi
  validated=$((validated + 1))
  if ! "$TF_CLI" -chdir="$work" validate -no-color </dev/null >"$temp/log" 2>&1; then
    failed=$((failed + 1))
    echo "$dir${import:+/$import} is not valid:" >&2
    cat "$temp/log" >&2
  fi
}

while IFS= read -r dir; do
  # Their schemas come from a registry, which is not asked here. Their form is checked by "terraform fmt" all the same.
  if grep -hE '^[[:space:]]*source[[:space:]]*=' "$dir"/*.tf | grep -qvE "\"($address|\./[^\"]*)\""; then
    echo "Not validated: $dir; it needs other providers as well." >&2
    continue
  fi
  validate "$dir"
  for file in "$dir"/import-by-*.tf; do
    if [[ ! -e $file ]]; then continue; fi
    if [[ $knows_identity == false ]] && grep -Eq '^[[:space:]]*identity[[:space:]]*=' "$file"; then
      echo "Not validated: $file; this CLI knows no import by identity." >&2
      continue
    fi
    validate "$dir" "$(basename "$file")"
  done
done < <(find examples -name '*.tf' -not -path '*/.terraform/*' -not -name 'import-by-*' -exec dirname {} \; | sort -u)

if ((validated == 0)); then
  echo "There is nothing under examples/ to validate." >&2
  exit 1
fi
if ((failed > 0)); then
  echo "$failed of $validated examples are not valid." >&2
  exit 1
fi
echo "$validated examples are valid."

#!/usr/bin/env bash
# Formats the examples, or with --check says which are not formatted.
#
# usage: scripts/format-examples.sh [--check]
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/dev-provider.sh"
cd "$root"

find_terraform_cli
shield_from_settings

case ${1-} in
"") "$TF_CLI" fmt -recursive examples ;;
--check) "$TF_CLI" fmt -check -diff -recursive examples ;;
*)
  echo "usage: scripts/format-examples.sh [--check]" >&2
  exit 2
  ;;
esac

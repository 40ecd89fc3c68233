#!/usr/bin/env bash
# The provider itself against a bunq sandbox: apply, empty plan, change, protect, import, destroy.
#
# Asks bunq's own sandbox, or the one on this machine that BUNQ_BASE_URL names; BUNQ_SANDBOX=1 says that this is wanted.
# Needs no account: the certificate is a pseudo certificate. The report goes to standard output, progress to standard
# error.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/dev-provider.sh"
cd "$root"

temp=$(mktemp -d "${TMPDIR:-/tmp}/bunq-sandbox.XXXXXX")
trap 'rm -rf "$temp"' EXIT
base_url=${BUNQ_BASE_URL-}
consent=${BUNQ_SANDBOX-}
go build -o "$temp/journey" ./internal/bunqprobe/journey </dev/null
# Refused before anything else is built or sent.
BUNQ_BASE_URL=$base_url BUNQ_SANDBOX=$consent "$temp/journey" -check

find_terraform_cli
shield_from_settings
echo "Building the provider." >&2
use_dev_provider "$temp"
go build -o "$temp/democheck" ./scripts/democheck </dev/null
mkdir -p "$temp/home" "$temp/cache" "$temp/example"
cp examples/complete/*.tf "$temp/example/"

# In a process group of its own, and told of a signal once: it then finishes the call that it is in, clears up and reports,
# and a second signal would end it at once. (make passes a Ctrl-C on that the terminal has sent here already.)
set -m
BUNQ_BASE_URL=$base_url BUNQ_SANDBOX=$consent \
  "$temp/journey" -cli "$TF_CLI" -dir "$temp" -witness "$temp/democheck" </dev/null &
journey=$!
set +m
# shellcheck disable=SC2317 # the trap calls it
stop() {
  trap '' INT TERM HUP
  kill -TERM "$journey" 2>/dev/null || true
}
trap stop INT TERM HUP

status=0
wait "$journey" || status=$?
while kill -0 "$journey" 2>/dev/null; do
  status=0
  wait "$journey" || status=$?
done
exit "$status"

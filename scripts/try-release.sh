#!/usr/bin/env bash
# Uses the release in dist/ as its users will: "terraform init" and "tofu init" install this machine's archive from a
# filesystem mirror, and the getting-started guide is followed to the letter, against the simulator of the same release.
#
# Runs every CLI that is at hand, or the one that TF_CLI names.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/dev-provider.sh"
cd "$root"

os=$(go env GOOS) arch=$(go env GOARCH)
address=$(provider_address)
temp=$(mktemp -d "${TMPDIR:-/tmp}/bunq-release.XXXXXX")
simulator=''
finish() {
  if [[ -n $simulator ]]; then kill "$simulator" 2>/dev/null || true; fi
  rm -rf "$temp"
}
trap finish EXIT

# The mirror holds the archive as it is: the CLI unpacks it, and refuses one whose name or content is not as it wants.
for host in registry.terraform.io registry.opentofu.org; do
  mkdir -p "$temp/mirror/$host/$address"
  cp "dist/terraform-provider-${address##*/}"_*_"${os}_$arch.zip" "$temp/mirror/$host/$address/"
done
cat >"$temp/cli.tfrc" <<CONFIG
provider_installation {
  filesystem_mirror { path = "$temp/mirror" }
}
disable_checkpoint = true
CONFIG
tar -xzf dist/bunqsim_*_"${os}_$arch.tar.gz" -C "$temp"
go build -o "$temp/democheck" ./scripts/democheck </dev/null

# The guide's first block of HCL is a whole configuration.
awk '/^```terraform$/ { inside = 1; next } /^```$/ && inside { exit } inside' docs/guides/getting-started.md >"$temp/guide.tf"
[[ -s $temp/guide.tf ]] || { echo "docs/guides/getting-started.md has no block of HCL." >&2; exit 1; }

# cli ARGS...: runs the CLI in the working directory; what it prints is shown if it fails.
cli() {
  if ! HOME=$work XDG_CACHE_HOME=$work/cache "$TF_CLI" -chdir="$work" "$@" -no-color </dev/null >"$temp/log" 2>&1; then
    cat "$temp/log" >&2
    echo "try-release: $(basename "$TF_CLI") $1 failed." >&2
    return 1
  fi
}

# state: what the CLI knows, for the witness that asks the simulator itself.
state() { cli show -json && cat "$temp/log"; }

follow_the_guide() {
  work=$temp/$1
  mkdir "$work"
  cp "$temp/guide.tf" "$work/main.tf"
  start_simulator "$temp/bunqsim" "$work"

  cli init
  cli apply -auto-approve
  if [[ $(grep -c '"path"' "$work/simulator.log") != 9 ]]; then
    cat "$work/simulator.log" >&2
    echo "try-release: the guide promises nine calls." >&2
    return 1
  fi
  state >"$work/state.json"
  "$temp/democheck" -base-url "$BUNQ_BASE_URL" -want-callback-urls 1 <"$work/state.json"
  cli plan -detailed-exitcode # fails where there is something to do

  # As the guide on operations says: the client is protected until somebody says otherwise.
  if cli plan -destroy 2>/dev/null; then
    echo "try-release: the protected OAuth client could have been destroyed." >&2
    return 1
  fi
  awk '{ print } /^resource "bunq_oauth_client" "main" \{$/ { print "  deletion_protection = false" }' \
    "$temp/guide.tf" >"$work/main.tf"
  cli apply -auto-approve
  cli destroy -auto-approve
  "$temp/democheck" -base-url "$BUNQ_BASE_URL" -want-no-client <"$work/state.json"

  kill "$simulator"
  wait "$simulator" || true
  simulator=''
}

candidates=()
if [[ -n ${TF_CLI-} ]]; then
  candidates=("$TF_CLI")
else
  for name in terraform tofu; do
    if type -P "$name" >/dev/null; then candidates+=("$name"); fi
  done
  # Built for other targets, and so at hand as well; built now where there is nothing else.
  if [[ " ${candidates[*]-} " != *' tofu '* && -x .tools/bin/tofu ]]; then candidates+=("$root/.tools/bin/tofu"); fi
  if ((${#candidates[@]} == 0)); then candidates=("$(scripts/build-tool opentofu)"); fi
fi

tried=0
for candidate in "${candidates[@]}"; do
  TF_CLI=$candidate
  export TF_CLI
  if ! settings=$(scripts/terraform-cli --env); then continue; fi
  eval "$settings"
  shield_from_settings
  export TF_CLI_CONFIG_FILE=$temp/cli.tfrc
  follow_the_guide "run$tried"
  tried=$((tried + 1))
  echo "The getting-started guide works with the release: init, apply, empty plan, destroy."
done
if ((tried == 0)); then
  echo "try-release: no CLI will do." >&2
  exit 1
fi

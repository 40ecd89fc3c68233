# Sourced by the scripts that run a Terraform CLI with the provider of this work tree.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# The provider speaks HTTP/1.1 to bunq, and gRPC without its trace pages to Terraform: 0.8 MB less in what users run.
# shellcheck disable=SC2034 # for the scripts, GNUmakefile and the release
build_tags=grpcnotrace,nethttpomithttp2

# provider_address: the source address, from the one place that has it.
provider_address() {
  local address
  address=$(sed -n 's|.*Address *= *"registry\.terraform\.io/\([^"]*\)".*|\1|p' "$root/internal/provider/provider.go")
  if [[ -z $address ]]; then
    echo "internal/provider/provider.go has no Address = \"registry.terraform.io/NAMESPACE/TYPE\"." >&2
    return 1
  fi
  echo "$address"
}

# shield_from_settings: whatever the caller has set for Terraform or for this provider must not decide what a build,
# a test or a demo does.
shield_from_settings() {
  local name
  for name in "${!BUNQ_@}" "${!TF_VAR_@}" "${!TF_CLI_ARGS@}"; do unset "$name"; done
  unset TF_DATA_DIR TF_WORKSPACE TF_INPUT TF_PLUGIN_CACHE_DIR TF_REATTACH_PROVIDERS TF_STATE_PERSIST_INTERVAL
  export CHECKPOINT_DISABLE=1 TF_CLI_CONFIG_FILE=/dev/null TF_IN_AUTOMATION=1 TF_INPUT=0
}

# find_terraform_cli: sets TF_CLI and TF_CLI_REGISTRY_HOST. (By way of a variable: eval hides a failure.)
find_terraform_cli() {
  local settings
  settings=$("$root/scripts/terraform-cli" --env)
  eval "$settings"
}

# use_dev_provider DIR: builds the provider into DIR and makes the CLI take it from there instead of from a registry.
use_dev_provider() {
  local dir=$1 address
  address=$(provider_address)
  mkdir -p "$dir/provider"
  go -C "$root" build -o "$dir/provider/terraform-provider-${address##*/}$(go env GOEXE)" . </dev/null
  # With the host, which OpenTofu needs here, and Terraform takes as well.
  cat >"$dir/cli.tfrc" <<CONFIG
provider_installation {
  dev_overrides {
    "$TF_CLI_REGISTRY_HOST/$address" = "$dir/provider"
  }
  direct {}
}
disable_checkpoint = true
CONFIG
  export TF_CLI_CONFIG_FILE=$dir/cli.tfrc
}

# start_simulator PROGRAM DIR: starts a simulated bunq on a free port, and sets simulator (its process) and
# BUNQ_BASE_URL. DIR gets its addresses (ready.json) and what it is asked (simulator.log).
start_simulator() {
  # In a process group of its own, which Ctrl-C does not reach: an interrupted apply still finishes its current call,
  # and needs an answer to it.
  set -m
  "$1" -listen 127.0.0.1:0 -log </dev/null >"$2/ready.json" 2>"$2/simulator.log" &
  simulator=$!
  set +m
  for _ in $(seq 200); do
    if [[ -s $2/ready.json ]] || ! kill -0 "$simulator" 2>/dev/null; then break; fi
    sleep 0.05
  done
  BUNQ_BASE_URL=$(simulator_address base_url "$2")
  export BUNQ_BASE_URL
  if [[ -z $BUNQ_BASE_URL ]]; then
    echo "The simulator did not say where it listens:" >&2
    cat "$2/ready.json" "$2/simulator.log" >&2
    return 1
  fi
}

# simulator_address NAME DIR: one of the addresses that the simulator has said it has.
simulator_address() { sed -n 's/.*"'"$1"'" *: *"\([^"]*\)".*/\1/p' "$2/ready.json"; }

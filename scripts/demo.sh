#!/usr/bin/env bash
# The whole onboarding at a simulated bunq, from nothing to an OAuth client and its first connected user, and back.
#
# Builds the provider and the simulator, starts the simulator on a free port of this machine, applies a copy of
# examples/complete, asks bunq's side what is there, says yes as a bunq user, and destroys everything. Needs no
# account, certificate or network. KEEP=1 leaves the working directory behind, with the state and the simulator's log.
#
# usage: scripts/demo.sh [--open]
#
# --open leaves the authorisation page to a person, until Ctrl-C.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/dev-provider.sh"
cd "$root"

open=''
case "$#:${1-}" in
  0:) ;;
  1:--open) open=1 ;;
  *)
    echo "usage: demo.sh [--open]" >&2
    exit 2
    ;;
esac

temp=$(mktemp -d "${TMPDIR:-/tmp}/bunq-demo.XXXXXX")
simulator=''
# The signal may come while standard error is a command's log.
exec 3>&2

finish() {
  local status=$?
  trap - EXIT
  # After a Ctrl-C the signal comes twice, from the terminal and from make; the second must not stop the cleaning up.
  trap '' INT TERM HUP
  if [[ -n $simulator ]]; then
    kill "$simulator" 2>/dev/null || true
    wait "$simulator" 2>/dev/null || true
  fi
  if ((status != 0)); then
    printf '\nThe demo failed (status %d).\n' "$status" >&3
    if [[ -s $temp/simulator.log ]]; then
      echo "The last requests that the simulated bunq saw:" >&3
      tail -n 15 "$temp/simulator.log" >&3
    fi
  fi
  if [[ -n ${KEEP-} ]]; then echo "Left behind: $temp" >&3; else rm -rf "$temp"; fi
  exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

step=0
say() {
  step=$((step + 1))
  printf '\n%d. %s\n' "$step" "$*"
}

# cli ARGS...: runs the CLI in the working copy, with nothing of this user's but what the demo gives it.
cli() {
  HOME=$temp/home XDG_CACHE_HOME=$temp/cache XDG_CONFIG_HOME=$temp/home/.config \
    "$TF_CLI" -chdir="$temp/example" "$@" </dev/null
}

# quietly ARGS...: runs the CLI and shows only what happened to which resource, and warnings; everything if it fails.
# Terraform's reminder of the override, with which the demo makes it use the provider built here, is left out.
quietly() {
  local status=0
  cli "$@" >"$temp/cli.log" 2>&1 || status=$?
  if ((status != 0)); then
    cat "$temp/cli.log" >&2
    return "$status"
  fi
  grep -E '^(bunq_[^ ]+: (Creation|Modifications|Destruction) complete|Plan:|No changes|Apply complete|Destroy complete|Warning:)' \
    "$temp/cli.log" | grep -v '^Warning: Provider development overrides' | sed 's/^/    /' || true
}

# apply VARS...: plans and applies that plan, as a pipeline would.
apply() {
  quietly plan -no-color -out="$temp/plan" "$@"
  quietly apply -no-color "$temp/plan"
}

# ask_bunq FLAGS...: what bunq's side says, by a session of its own that shares no code with the provider.
ask_bunq() {
  "$temp/democheck" -base-url "$BUNQ_BASE_URL" "$@" <"$temp/state.json"
}

# leave_the_page_to_a_person: says where it is, waits for Ctrl-C, and destroys what was applied.
leave_the_page_to_a_person() {
  local stopped='' status=0
  trap 'stopped=1' INT TERM HUP
  say "Open one of these addresses in a browser, and say yes or no."
  cli output -json -no-color authorize_urls | grep -o 'http[^"]*auth?[^"]*' | sed 's/\\u0026/\&/g; s/^/    /'
  cat <<TEXT
    Your answer sends the browser to the callback URL, where no server answers: the result is in the address bar.
    ${TF_VAR_authorization_page%/auth}/connections shows what was allowed, and takes it back.
    Ctrl-C ends this: everything is destroyed, and the simulated bunq is stopped.
TEXT
  # The wait ends with a signal, or if the simulator stops.
  if [[ -z $stopped ]]; then wait "$simulator" || status=$?; fi
  if [[ -z $stopped ]]; then
    echo "The simulated bunq has stopped by itself (status $status)." >&2
    return 1
  fi
  # As in finish: make passes the signal on once more.
  trap '' INT TERM HUP
  say "Destroying everything that can be: bunq keeps installations, keys and devices."
  quietly destroy -no-color -auto-approve -var deletion_protection=false
  ask_bunq -want-no-client
}

say "Building the provider and a simulated bunq."
find_terraform_cli
shield_from_settings
use_dev_provider "$temp"
go build -o "$temp/bunqsim" ./internal/bunqsim/cmd/bunqsim </dev/null
go build -o "$temp/democheck" ./scripts/democheck </dev/null
mkdir -p "$temp/home" "$temp/cache" "$temp/example"
cp examples/complete/*.tf "$temp/example/"

say "Starting the simulated bunq on this machine; it refuses what bunq would refuse."
start_simulator "$temp/bunqsim" "$temp"
token_url=$(simulator_address token_url "$temp")
TF_VAR_authorization_page=$(simulator_address authorize_url "$temp")
export TF_VAR_authorization_page
echo "    $BUNQ_BASE_URL"

say "Applying examples/complete: certificate, installation, credential, device, OAuth client, callback URLs."
unprotected=()
if [[ -n $open ]]; then unprotected=(-var deletion_protection=false); fi # Ctrl-C is to end it at once
apply ${unprotected[@]+"${unprotected[@]}"}

say "What the configuration gives to the rest of the platform."
cli output -no-color | sed 's/^/    /'

say "Asking bunq itself what is there now, over a session of its own."
cli show -json -no-color >"$temp/state.json"
ask_bunq

if [[ -n $open ]]; then
  leave_the_page_to_a_person
  exit
fi

say "Planning again: there must be nothing to do."
status=0
cli plan -no-color -detailed-exitcode >"$temp/cli.log" 2>&1 || status=$?
if ((status != 0)); then
  cat "$temp/cli.log" >&2
  echo "A second plan should have been empty; it ended with $status (2: there are changes)." >&2
  exit 1
fi
grep -E '^No changes' "$temp/cli.log" | sed 's/^/    /'

say "Following the authorisation address as a browser would, and saying yes: the first connected user."
ask_bunq -consent "$token_url"

say "Trying to destroy: the OAuth client is protected, because its end users would lose their connections."
if cli plan -destroy -no-color >"$temp/cli.log" 2>&1; then
  cat "$temp/cli.log" >&2
  echo "The plan should have refused to destroy the protected OAuth client." >&2
  exit 1
fi
grep -m 1 -E 'Error:' "$temp/cli.log" | sed 's/^[^E]*/    /'

urls='["https://app.example.com/bunq/callback", "https://staging.example.com/bunq/callback", "https://localhost:8443/bunq/callback"]'
say "Changing the callback URLs to three, and lifting the protection. Nothing else is touched."
apply -var "callback_urls=$urls" -var deletion_protection=false
ask_bunq -want-callback-urls 3

say "Destroying everything that can be: bunq keeps installations, keys and devices."
quietly destroy -no-color -auto-approve -var "callback_urls=$urls" -var deletion_protection=false
ask_bunq -want-no-client

printf '\nDone in %d s, with %s requests to the simulated bunq.\n' "$SECONDS" "$(grep -c '"path"' "$temp/simulator.log" || true)"

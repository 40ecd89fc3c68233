#!/bin/sh
# Looks at a saved plan before it is applied, and fails with one line for each rule that it breaks. Needs jq.
#
# usage: terraform plan -out=plan && policy.sh plan
set -eu

broken=$(terraform show -json "${1:?usage: policy.sh PLAN}" | jq -r '
  .resource_changes[]?
  | select(.change.actions != ["no-op"] and .change.actions != ["read"])
  | .address as $address
  | .change as $change
  | if .type == "bunq_oauth_client" and ($change.actions | index("delete")) then
      "\($address): cancels an OAuth client"
    elif $change.after == null then empty
    elif .type == "bunq_oauth_client" and $change.after.deletion_protection != true then
      "\($address): deletion_protection is off"
    elif .type == "bunq_device_server" and (($change.after.permitted_ips // []) | index("*")) then
      "\($address): the key is open to every address"
    elif .type == "bunq_psd2_credential" and $change.after.deactivate_on_destroy != true then
      "\($address): deactivate_on_destroy is off, so the key will not end with its successor"
    else empty end')

if [ -n "$broken" ]; then
  printf '%s\n' "$broken"
  exit 1
fi

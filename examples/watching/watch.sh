#!/bin/sh
# Plans, and fails where there is something to look at: an error (what watch.tf finds), a warning (a certificate or key that
# runs out), a change (what is at bunq is not what is declared). Applies nothing. Needs jq.
set -eu
terraform plan -input=false -lock=false -json -var=watch=true >watch.json || true

findings=$(jq -r '
  if .type == "diagnostic" then "\(.diagnostic.severity): \(.diagnostic.summary): \(.diagnostic.detail | gsub("\n"; " "))"
  elif .type == "resource_drift" then "changed at bunq: \(.change.resource.addr)"
  elif .type == "planned_change" then "to \(.change.action): \(.change.resource.addr)"
  else empty end' watch.json)
# A plan that came to its end says what it would do; one that did not has said nothing.
if ! jq -se 'any(.type == "change_summary" or .type == "diagnostic")' watch.json >/dev/null; then findings="error: the plan did not end"; fi
rm watch.json

if [ -n "$findings" ]; then
  printf '%s\n' "$findings"
  exit 1
fi

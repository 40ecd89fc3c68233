#!/usr/bin/env bash
# Fetches, on Debian and Ubuntu, the programs that some tests use: a browser, a PKCS#11 token in software, curl, jq. Elsewhere
# these tests are skipped; in CI on Linux they fail where the programs are missing.
set -euo pipefail

wanted=(softhsm2 opensc libengine-pkcs11-openssl openssl curl jq)
# Ubuntu's own chromium package is a snap, and GitHub's machines have a browser already.
if ! type -P chromium chromium-browser google-chrome >/dev/null; then wanted+=(chromium); fi

if ! type -P apt-get >/dev/null || dpkg -s "${wanted[@]}" >/dev/null 2>&1; then exit; fi

as_root=()
if ((EUID != 0)); then
  if ! sudo -n true 2>/dev/null; then
    echo "Not installed for the tests: ${wanted[*]}; sudo asks for a password here." >&2
    exit
  fi
  as_root=(sudo -n)
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ${as_root[@]+"${as_root[@]}"} apt-get -q update >"$log" 2>&1 &&
  timeout 300 ${as_root[@]+"${as_root[@]}"} env DEBIAN_FRONTEND=noninteractive apt-get -qy --no-install-recommends install "${wanted[@]}" >>"$log" 2>&1; then
  echo "Installed for the tests: ${wanted[*]}"
else
  tail -n 20 "$log" >&2
  echo "Not installed for the tests: ${wanted[*]}" >&2
fi

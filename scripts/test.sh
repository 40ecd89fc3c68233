#!/usr/bin/env bash
# Runs "go test" with everything that the acceptance tests need, and with the race detector where this machine has it.
#
# usage: scripts/test.sh [--no-race] [go test flags] PACKAGES
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/dev-provider.sh"
cd "$root"

find_terraform_cli
shield_from_settings

# terraform-plugin-testing runs the CLI with the provider in-process, and needs the registry's host in order to know
# it under the name that the CLI gives it.
export TF_ACC=1 TF_ACC_TERRAFORM_PATH=$TF_CLI TF_ACC_PROVIDER_HOST=$TF_CLI_REGISTRY_HOST

# One build of the provider that the tests start as a process, for all packages.
address=$(provider_address)
go build -o ".tools/testprovider/terraform-provider-${address##*/}$(go env GOEXE)" ./internal/acctest/testprovider
export ACCTEST_PROVIDER=$root/.tools/testprovider

# Short-lived processes need no garbage collection, up to a limit that every machine can afford.
export GOGC=off GOMEMLIMIT=512MiB

# Otherwise the race detector waits for a second at the end of each package.
export GORACE=atexit_sleep_ms=0

race=(-race)
if [[ ${1-} == --no-race ]]; then
  shift
  race=()
elif [[ $(go env CGO_ENABLED) != 1 ]]; then
  if [[ -n ${CI-} ]]; then
    echo "test.sh: CI tests with the race detector, which needs a C compiler; there is none here." >&2
    exit 1
  fi
  echo "Without the race detector: there is no C compiler here." >&2
  race=()
fi

# Without vet, which "make check" runs, and without debugging data.
exec go test ${race[@]+"${race[@]}"} -vet=off -ldflags=-w -timeout 20m "$@" </dev/null

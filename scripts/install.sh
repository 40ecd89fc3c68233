#!/usr/bin/env bash
# Installs the provider with "go install" and shows the CLI configuration that uses it from there.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/dev-provider.sh"
cd "$root"

address=$(provider_address)
go install -tags "$build_tags" . </dev/null
dir=$(go env GOBIN)
dir=${dir:-$(go env GOPATH | cut -d: -f1)/bin}

cat <<TEXT
Installed: $dir/terraform-provider-${address##*/}

To use it in place of a released version, put this into ~/.terraformrc (for OpenTofu: ~/.tofurc). "terraform init" is
then not needed for this provider, and Terraform warns on each run that the override is in force.

  provider_installation {
    dev_overrides {
      "registry.terraform.io/$address" = "$dir"
      "registry.opentofu.org/$address" = "$dir"
    }
    direct {}
  }
TEXT

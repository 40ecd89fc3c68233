#!/usr/bin/env bash
# Builds the provider into a filesystem mirror, from which "terraform init" and "tofu init" install it like a release,
# and shows the CLI configuration that names the mirror.
#
# usage: scripts/install.sh [DIR]    DIR is the mirror; the user's data folder has it if omitted
#
# A filesystem mirror and no dev_overrides: with those, init fails, and without init there are no modules, backends or
# other providers.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/dev-provider.sh"

address=$(provider_address)
type=${address##*/}
mirror=${1:-${XDG_DATA_HOME:-$HOME/.local/share}/terraform-provider-$type}
mkdir -p "$mirror"
mirror=$(cd "$mirror" && pwd)
cd "$root"

# A lock file notes the checksum of a version, so each build is a version of its own. Prereleases would do as well, but
# init takes one only if the configuration names it.
version=0.0.$(date +%s)
platform=$(go env GOOS)_$(go env GOARCH)

for host in registry.terraform.io registry.opentofu.org; do
  versions=$mirror/$host/$address
  # Older builds of this script, and nothing else that the mirror may hold.
  rm -rf "$versions"/0.0.*
  mkdir -p "$versions/$version/$platform"
  program=$versions/$version/$platform/terraform-provider-${type}_v$version$(go env GOEXE)
  if [[ -z ${built-} ]]; then
    built=$program
    go build -tags "$build_tags" -ldflags "-X main.version=$version" -o "$built" . </dev/null
  else
    cp "$built" "$program"
  fi
done

# On Windows the CLI does not know the paths of the shell that runs this.
if command -v cygpath >/dev/null; then mirror=$(cygpath -m "$mirror"); fi
sources="[\"registry.terraform.io/$address\", \"registry.opentofu.org/$address\"]"
block="provider_installation {
  filesystem_mirror {
    path    = \"$mirror\"
    include = $sources
  }
  direct {
    exclude = $sources
  }
}"
printf '%s\n' "$block" >"$mirror/cli.tfrc"

cat <<TEXT
Installed version $version into $mirror

Put this into ~/.terraformrc (Windows: %APPDATA%/terraform.rc; OpenTofu: ~/.tofurc, or %APPDATA%/tofu.rc):

$block

Or, to leave that file alone, name the copy beside the mirror in each shell:

  export TF_CLI_CONFIG_FILE='$mirror/cli.tfrc'

Then "terraform init" installs it, without a network as far as this provider is concerned. After another "make install":

  terraform init -upgrade
TEXT

#!/usr/bin/env bash
# Makes the files of a release in dist/release: archives, SBOMs, manifest and sums, and what CHANGELOG.md says about the
# version. It signs and uploads nothing: the workflow does, in a job that runs no code of this repository.
#
# usage: scripts/release.sh v1.2.3             for that tag, which must be checked out
#        scripts/release.sh --tag v1.2.3       only checks the tag: a version, what is checked out, and on main
#        scripts/release.sh --check [--all]    only tries what is checked out: for this machine's platform, or for all of
#                                              them
#
# The check builds twice, and both must be the same bytes. It then installs the result with Terraform and OpenTofu, and
# follows the getting-started guide with it.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/dev-provider.sh"
cd "$root"

# check_tag TAG: the tag decides the version, and not what git finds at the commit: beside v1.2.0 there may be a v1.2.0-rc1,
# and git prefers the one that is annotated.
check_tag() {
  if [[ ! $1 =~ ^v[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$ ]]; then
    echo "\"$1\" is no version; a tag is v1.2.3, or v1.2.3-rc1." >&2
    exit 1
  fi
  if [[ $(git rev-parse --verify --quiet "refs/tags/$1^{commit}") != "$(git rev-parse HEAD)" ]]; then
    echo "The tag $1 is not what is checked out." >&2
    exit 1
  fi
  if ! git merge-base --is-ancestor HEAD "refs/remotes/origin/main"; then
    echo "The tag $1 is not on main: a release is made of what was reviewed there." >&2
    exit 1
  fi
}

if [[ ${1-} == --tag ]]; then
  check_tag "${2:?}"
  exit
fi

goreleaser=$(scripts/build-tool goreleaser)
cyclonedx=$(scripts/build-tool cyclonedx-gomod)
module=$(go list -m)
project=$(sed -n 's/^project_name: //p' .goreleaser.yml)
temp=$(mktemp -d "${TMPDIR:-/tmp}/bunq-release.XXXXXX")
trap 'rm -rf "$temp"' EXIT

sha256() { if command -v sha256sum >/dev/null; then sha256sum "$@"; else shasum -a 256 "$@"; fi; }

# build DIR FLAGS...: builds what is checked out in DIR, into DIR/dist.
build() (
  cd "$1"
  # goreleaser asks git for the address of a remote, and a clone may have none.
  GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=remote.origin.url GIT_CONFIG_VALUE_0=https://$module \
    "$goreleaser" release --clean --skip=publish "${@:2}" </dev/null

  cd dist
  version=$(echo "$project"_*_SHA256SUMS)
  version=${version#"$project"_} version=${version%_SHA256SUMS}
  if grep -Ev "  ${project}_[^ ]+(\.zip|_manifest\.json)$" ./*_SHA256SUMS; then
    echo "A registry refuses sums of anything but the provider's archives and the manifest." >&2
    exit 1
  fi

  # One SBOM for each program, read from the program itself. Without time and serial number, so that it is the same again.
  for program in */"$project"_* */bunqsim*; do
    name=$project
    IFS=_ read -r id os arch _ <<<"${program%%/*}"
    if [[ $id == bunqsim ]]; then name=bunqsim; fi
    "$cyclonedx" bin -json -std -noserial -notimestamp -version "v$version" \
      -output "${name}_${version}_${os}_$arch.cdx.json" "$program" </dev/null
  done

  sha256 bunqsim_*.tar.gz ./*.cdx.json | sed 's| \./| |' >"extras_$version.sha256"
)

# files DIR: the sums of all that a release consists of.
files() (
  cd "$1/dist"
  sha256 ./*.zip ./*.tar.gz ./*.cdx.json ./*_SHA256SUMS ./*.sha256
)

# copy DIR: clones this repository to DIR, with the changes that are not committed.
copy() {
  git clone --quiet --no-checkout . "$1"
  git ls-files -z --cached --others --exclude-standard |
    while IFS= read -r -d '' file; do if [[ -e $file ]]; then printf '%s\0' "$file"; fi; done |
    tar --null -T - -cf - | tar -xf - -C "$1"
  git -C "$1" reset --quiet
}

if [[ ${1-} == --check ]]; then
  for tool in goreleaser cyclonedx-gomod; do go -C "tools/$tool" mod tidy -diff </dev/null; done
  "$goreleaser" check </dev/null
  config=$root/.goreleaser.yml
  if [[ ${2-} != --all ]]; then
    config=$temp/one.yml
    sed -E "s/^( +goos: )\[.*/\1[$(go env GOOS)]/; s/^( +goarch: )\[.*/\1[$(go env GOARCH)]/" .goreleaser.yml >"$config"
  fi
  build . --snapshot --config "$config"

  echo "Building again: elsewhere, with another time zone and other permissions."
  copy "$temp/again"
  (
    export TZ=Asia/Tokyo
    umask 077
    # From nothing costs minutes, and what differs comes from the machine and not from Go's own cache.
    if [[ ${2-} == --all ]]; then export GOCACHE=$temp/cache; fi
    build "$temp/again" --snapshot --config "$config"
  )
  files . >"$temp/first.txt"
  files "$temp/again" | diff "$temp/first.txt" - || {
    echo "Two builds of the same differ." >&2
    exit 1
  }
  echo "Both builds are the same: $(wc -l <"$temp/first.txt") files."
  scripts/try-release.sh
  exit
fi

tag=${1:?usage: scripts/release.sh TAG}
check_tag "$tag"
version=${tag#v}
# The lines below the heading of this version, up to the heading of the one before it.
awk -v version="$version" '
  /^## / { inside = (index($0, version) > 0 && $0 ~ "(^|[^0-9.])" version "([^0-9.]|$)"); next }
  inside
' CHANGELOG.md >"$temp/notes.md"
if ! grep -q '[^[:space:]]' "$temp/notes.md"; then
  echo "CHANGELOG.md says nothing about $version; give it a heading \"## $version\"." >&2
  exit 1
fi

export GORELEASER_CURRENT_TAG=$tag
build .
cp terraform-registry-manifest.json "dist/${project}_${version}_manifest.json"
mkdir dist/release
mv dist/*.zip dist/*.tar.gz dist/*.cdx.json dist/*_manifest.json "dist/${project}_${version}_SHA256SUMS" "dist/extras_$version.sha256" dist/release
mv "$temp/notes.md" dist/release
(cd dist/release && sha256 --check ./*_SHA256SUMS ./*.sha256)

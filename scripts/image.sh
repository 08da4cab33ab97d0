#!/bin/bash
# Builds the container image and looks it over: image.sh [TAG], "fairlead" unless given.
#
# With Docker or Podman that is their build. Without either it is buildah, as root, over a base image that debootstrap
# makes of Debian's packages (ENGINE=buildah chooses this way); nothing is fetched from a registry then.
set -euo pipefail
cd "$(dirname "$0")/.."

tag=${1:-fairlead}
base=docker.io/library/debian:bookworm-slim

choose_engine() {
    if docker info >/dev/null 2>&1; then echo docker
    elif podman info >/dev/null 2>&1; then echo podman
    else echo buildah
    fi
}

make_base_image() {
    if buildah inspect --type image "$base" >/dev/null 2>&1; then return; fi
    echo "image.sh: making $base with debootstrap"
    local root container
    root=$(mktemp -d) # some 200 MB
    debootstrap --variant=minbase bookworm "$root"
    container=$(buildah from scratch)
    buildah add -q "$container" "$root" / >/dev/null
    buildah config --cmd bash "$container"
    buildah commit -q "$container" "$base" >/dev/null
    buildah rm "$container" >/dev/null
    rm -rf "$root"
}

# The promises of the Dockerfile that a build alone does not show.
check_with_buildah() {
    local root user
    looked_at=$(buildah from --pull-never "localhost/$tag")
    trap 'buildah rm "$looked_at" >/dev/null' EXIT
    root=$(buildah mount "$looked_at")
    user=$(buildah inspect --type image --format '{{.OCIv1.Config.User}}' "localhost/$tag")
    [ "$user" = 10001:10001 ] || { echo "image.sh: the image runs as '$user'" >&2; exit 1; }
    if getcap -r "$root/usr" | grep -q .; then
        echo "image.sh: a file of the image carries capabilities" >&2
        exit 1
    fi
    chroot --userspec=10001:10001 "$root" /usr/local/bin/fairlead version
    chroot --userspec=10001:10001 "$root" /usr/local/bin/fairlead check /etc/fairlead/fairlead.toml
}

engine=${ENGINE:-$(choose_engine)}
case $engine in
docker | podman)
    "$engine" build -t "$tag" .
    "$engine" run --rm "$tag" version
    "$engine" run --rm "$tag" check /etc/fairlead/fairlead.toml
    ;;
buildah)
    scripts/setup.sh image
    make_base_image
    # The Docker format, for OCI's has no HEALTHCHECK.
    buildah bud --format docker --isolation chroot --pull-never --network host -t "localhost/$tag" .
    check_with_buildah
    ;;
*)
    echo "image.sh: ENGINE is docker, podman or buildah" >&2
    exit 2
    ;;
esac
echo "image.sh: $tag is built"

#!/bin/bash
# Installs from Debian 12's packages what is missing: setup.sh GROUP...
#   build  what compiles Fairlead            test   what the tests drive it with      bench  what it is compared with
#   ci     clang, for .ci/run                lint   clang-format and clang-tidy       image  builds an image without Docker
# With nothing missing it takes a fraction of a second. Uses sudo unless it runs as root.
set -euo pipefail
cd "$(dirname "$0")/.."

packages_of() {
    case $1 in
    build) echo build-essential cmake ninja-build ccache pkg-config libboost1.81-dev libboost-system1.81-dev \
        libboost-json1.81-dev libssl-dev prometheus-cpp-dev libtomlplusplus-dev libspdlog-dev libcli11-dev \
        libre2-dev libxxhash-dev libc-ares-dev zlib1g-dev libcrypt-dev libcap-ng-dev libseccomp-dev ;;
    test) echo doctest-dev python3 python3-websockets curl openssl haproxy chromium iproute2 nftables keepalived \
        procps prometheus python3-prometheus-client python3-yaml fish zsh mandoc groff-base faketime ;;
    bench) echo python3 haproxy nginx-light wrk ;;
    ci) echo clang ;;
    lint) echo clang-format clang-tidy ;;
    image) echo buildah debootstrap libcap2-bin ;;
    *) echo "setup.sh: no group is called $1" >&2; exit 2 ;;
    esac
}

missing_of() {
    local installed
    installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null | sed -n 's/^installed //p' || true)
    local package
    for package in "$@"; do
        grep -qx "$package" <<<"$installed" || echo "$package"
    done
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# haproxy and nginx would start, and take port 80, as soon as they are unpacked: invoke-rc.d(8) asks this file first.
forbid_services() {
    if [ -e /usr/sbin/policy-rc.d ]; then return; fi
    printf '#!/bin/sh\nexit 101\n' | as_root tee /usr/sbin/policy-rc.d >/dev/null
    as_root chmod 755 /usr/sbin/policy-rc.d
    trap 'as_root rm -f /usr/sbin/policy-rc.d' EXIT
}

# Nor shall the next boot start those that came only to be compared with.
disable_services() {
    command -v systemctl >/dev/null || return 0
    local package
    for package in "$@"; do
        case $package in
        haproxy) as_root systemctl disable --quiet haproxy || true ;;
        nginx-light) as_root systemctl disable --quiet nginx || true ;;
        keepalived) as_root systemctl disable --quiet keepalived || true ;;
        prometheus) as_root systemctl disable --quiet prometheus || true ;;
        esac
    done
}

apt_install() {
    if ! command -v apt-get >/dev/null; then
        echo "setup.sh: there is no apt-get here; Debian 12 calls what is missing: $*" >&2
        exit 1
    fi
    echo "setup.sh: installing $*"
    forbid_services
    local attempt
    for attempt in 1 2 3; do
        if as_root apt-get update -qq && as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
            --no-install-recommends -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 "$@" </dev/null; then
            disable_services "$@"
            return
        fi
        echo "setup.sh: attempt $attempt of 3 failed" >&2
        sleep $((attempt * 5))
    done
    echo "setup.sh: could not install: $*" >&2
    exit 1
}

needs_test=false
wanted=()
for group in "$@"; do
    if [ "$group" = test ]; then needs_test=true; fi
    names=$(packages_of "$group")
    read -ra names <<<"${names//$'\n'/ }"
    wanted+=("${names[@]}")
done
if [ ${#wanted[@]} = 0 ]; then
    echo "usage: setup.sh build|test|bench|ci|lint|image ..." >&2
    exit 2
fi

# A newer Node.js than Debian's brings its own npm, and conflicts with Debian's: the command is what counts.
if $needs_test; then
    command -v node >/dev/null || wanted+=(nodejs)
    command -v npm >/dev/null || wanted+=(npm)
fi

mapfile -t missing < <(missing_of "${wanted[@]}" | sort -u)
if [ ${#missing[@]} != 0 ]; then apt_install "${missing[@]}"; fi

modules=test/integration/node
if $needs_test && [ -e $modules/package-lock.json ] &&
    { [ ! -e $modules/node_modules/.package-lock.json ] ||
        [ $modules/package-lock.json -nt $modules/node_modules/.package-lock.json ]; }; then
    echo "setup.sh: installing the Node modules of $modules"
    (cd $modules && npm ci --no-audit --no-fund --ignore-scripts --loglevel=error --fetch-retries=5)
    touch $modules/node_modules/.package-lock.json
fi

# shellcheck shell=bash
# What a script needs from the machine, and how it gets it. Sourced.
#
#   need_command zbarimg zbar-tools   # a command, and the Debian package that brings it
#   need_install                      # installs all that is missing, or says how to
#
# Nothing is installed when nothing is missing: a second run asks no package server.

need_missing_what=()
need_missing_packages=()

# need_command COMMAND PACKAGE
need_command() {
    command -v "$1" >/dev/null 2>&1 || need_package "$1" "$2"
}

# need_package WHAT PACKAGE: notes that WHAT is missing and that PACKAGE brings it.
need_package() {
    need_missing_what+=("$1")
    need_missing_packages+=("$2")
}

# A C compiler that can also link: the compiler alone is no use without libc's headers.
need_cc() {
    local probe
    probe=$(mktemp -d)
    if ! printf '#include <stdio.h>\nint main(void) { return 0; }\n' |
        cc -x c -o "$probe/probe" - >/dev/null 2>&1; then
        need_package 'a working C compiler (cc)' build-essential
    fi
    rm -rf "$probe"
}

# The Rust toolchain comes from rustup: a distribution's own is often too old for this crate.
need_rust() {
    local part
    if ! command -v cargo >/dev/null 2>&1; then
        # A shell that was open before rustup ran does not have it in its PATH yet.
        if [ -x "${CARGO_HOME:-$HOME/.cargo}/bin/cargo" ]; then
            PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
            export PATH
        else
            echo "cargo is missing: install Rust $(need_rust_version) or newer from https://rustup.rs, then run this again." >&2
            return 1
        fi
    fi
    for part in fmt:rustfmt clippy:clippy; do
        cargo "${part%%:*}" --version >/dev/null 2>&1 && continue
        if ! command -v rustup >/dev/null 2>&1 || ! rustup component add "${part##*:}"; then
            echo "cargo ${part%%:*} is missing: add the component '${part##*:}' to your Rust toolchain, then run this again." >&2
            return 1
        fi
    done
}

# Node of a version that still gets repairs, and npm. Debian's own may be older: then the answer says where to get one.
need_node() {
    need_command node nodejs
    need_command npm npm
    local major
    major=$(node --version 2>/dev/null | sed 's/^v\([0-9]*\).*/\1/')
    if [ -n "$major" ] && [ "$major" -lt 20 ]; then
        echo "node is version $major, and the elements' tests need 20 or newer: install one from https://nodejs.org, then run this again." >&2
        return 1
    fi
}

need_rust_version() {
    sed -n 's/^rust-version *= *"\(.*\)".*/\1/p' Cargo.toml
}

need_install() {
    [ "${#need_missing_packages[@]}" -gt 0 ] || return 0
    local what as_root=()
    what=$(printf '%s, ' "${need_missing_what[@]}")
    what=${what%, }

    if ! command -v apt-get >/dev/null 2>&1; then
        echo "Missing: $what. This machine has no apt-get: install what Debian calls ${need_missing_packages[*]}, then run this again." >&2
        return 1
    fi
    if [ "$(id -u)" != 0 ]; then
        if ! command -v sudo >/dev/null 2>&1; then
            echo "Missing: $what. You are not root and there is no sudo. As root: apt-get install ${need_missing_packages[*]}; then run this again." >&2
            return 1
        fi
        # Without a terminal nobody could type a password: fail at once instead of waiting.
        if [ -t 0 ]; then as_root=(sudo); else as_root=(sudo -n); fi
    fi

    echo "Missing: $what. Installing ${need_missing_packages[*]}."
    if ! need_apt "${as_root[@]}"; then
        echo "Could not install ${need_missing_packages[*]}. As root: apt-get install ${need_missing_packages[*]}; then run this again." >&2
        return 1
    fi
    need_missing_what=()
    need_missing_packages=()
}

# need_apt [sudo…]: what runs apt-get, in front of it.
need_apt() {
    local apt=("$@" env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300)
    local quiet=/etc/postgresql-common/createcluster.d/rift-mfa-tests.conf made=no code=0
    "${apt[@]}" update || echo 'The package lists could not be renewed; trying with those at hand.' >&2
    # Debian's package would make and start a cluster of its own. The tests make their own, so it is told
    # not to, for this installation only. Should the hint be ignored, the extra cluster does no harm.
    case " ${need_missing_packages[*]} " in
    *' postgresql '*)
        made=yes
        "$@" mkdir -p "${quiet%/*}"
        echo 'create_main_cluster = false' | "$@" tee "$quiet" >/dev/null
        ;;
    esac
    "${apt[@]}" install -y --no-install-recommends "${need_missing_packages[@]}" || code=$?
    [ "$made" = no ] || "$@" rm -f "$quiet"
    return "$code"
}

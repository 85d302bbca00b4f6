# shellcheck shell=bash
# A private PostgreSQL server for tests: real, in a temporary folder, gone afterwards. Sourced, after
# need.sh and port.sh.
#
#   pg_need     notes the package if the server's programs are missing (see need.sh)
#   pg_start    starts a server and exports TEST_DATABASE_URL; does nothing if TEST_DATABASE_URL is set
#   pg_stop     stops what pg_start started and removes its folder; call it from a trap on EXIT
#
# It is tuned for tests only: it trusts everyone on this machine and forgets everything when it crashes.

pg_folder=
pg_user=()

# pg_bin: prints the folder of the newest server's programs, or fails.
pg_bin() {
    local found
    # Debian keeps the server's programs out of PATH, one folder a version.
    found=$(printf '%s\n' /usr/lib/postgresql/*/bin/initdb | sort -V | tail -n 1)
    if [ ! -x "$found" ]; then
        found=$(command -v initdb || true)
    fi
    if [ ! -x "$found" ] && command -v pg_config >/dev/null 2>&1; then
        found=$(pg_config --bindir)/initdb
    fi
    [ -x "$found" ] || return 1
    # Through links: pg_ctl and postgres must stand beside initdb.
    found=$(dirname "$(readlink -f "$found")")
    [ -x "$found/pg_ctl" ] && [ -x "$found/postgres" ] || return 1
    echo "$found"
}

pg_need() {
    [ -n "${TEST_DATABASE_URL:-}" ] || pg_bin >/dev/null || need_package 'the PostgreSQL server (initdb)' postgresql
}

# pg_as COMMAND…: runs it as the server's user, in a folder that this user may enter.
pg_as() {
    (cd / && exec "${pg_user[@]}" "$@")
}

pg_start() {
    [ -z "${TEST_DATABASE_URL:-}" ] || {
        echo 'Using the server that TEST_DATABASE_URL names.'
        return 0
    }
    local bin port user try
    bin=$(pg_bin) || {
        echo 'The PostgreSQL server is missing: install the Debian package postgresql.' >&2
        return 1
    }
    # Not under TMPDIR: a socket's path must be short, and the server's user must get to it.
    # In memory where there is plenty: each test makes a database of some hundred small files.
    local place=/tmp
    [ "$(df --output=avail -k /dev/shm 2>/dev/null | tail -n 1)" -gt 4000000 ] 2>/dev/null && place=/dev/shm
    pg_folder=$(mktemp -d "$place/rift-pg.XXXXXX")
    if [ "$(id -u)" = 0 ]; then
        # PostgreSQL refuses to run as root.
        user=postgres
        id -u "$user" >/dev/null 2>&1 || user=nobody
        command -v runuser >/dev/null 2>&1 || {
            echo 'runuser is missing: install the Debian package util-linux, or run this as a plain user.' >&2
            return 1
        }
        pg_user=(runuser -u "$user" --)
        chown "$user" "$pg_folder"
    fi
    pg_as "$bin/initdb" -D "$pg_folder/data" -U postgres -A trust -E UTF8 --locale=C --no-sync \
        >"$pg_folder/initdb.log" 2>&1 || {
        cat "$pg_folder/initdb.log" >&2
        echo 'initdb failed: its words stand above.' >&2
        return 1
    }
    pg_as tee -a "$pg_folder/data/postgresql.conf" >/dev/null <<SETTINGS
listen_addresses = '127.0.0.1'
unix_socket_directories = '$pg_folder'
max_connections = 400
shared_buffers = 128MB
fsync = off
full_page_writes = off
synchronous_commit = off
timezone = 'UTC'
SETTINGS
    # Somebody else may take the port between the draw and the start: draw again.
    for try in 1 2 3 4 5; do
        port=$(free_port) || return 1
        if pg_as "$bin/pg_ctl" -D "$pg_folder/data" -l "$pg_folder/data/server.log" -o "-p $port" -w -t 60 start \
            >/dev/null 2>&1 </dev/null; then
            export TEST_DATABASE_URL="postgres://postgres@127.0.0.1:$port/postgres"
            echo "PostgreSQL $("$bin/postgres" --version | sed 's/^[^0-9]*//') on 127.0.0.1:$port, in $pg_folder"
            return 0
        fi
        [ "$try" = 5 ] || grep -q 'could not create any TCP/IP sockets' "$pg_folder/data/server.log" || break
    done
    tail -n 20 "$pg_folder/data/server.log" >&2 || true
    echo 'PostgreSQL did not start: the end of its log stands above.' >&2
    return 1
}

pg_stop() {
    [ -n "$pg_folder" ] || return 0
    local bin
    # Immediate: nothing in it is worth a checkpoint.
    if [ -f "$pg_folder/data/postmaster.pid" ] && bin=$(pg_bin); then
        pg_as "$bin/pg_ctl" -D "$pg_folder/data" -m immediate -w -t 30 stop >/dev/null 2>&1 ||
            echo "PostgreSQL in $pg_folder did not stop." >&2
    fi
    rm -rf "$pg_folder"
    pg_folder=
    unset TEST_DATABASE_URL
}

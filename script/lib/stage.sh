# shellcheck shell=bash
# Stages with headings, times and one summary; a run that ends early leaves no process behind. Sourced.
#
#   stage_begin NAME              the run's name; sets the traps
#   stage 'Lints' cargo clippy    runs a command or function; the first failure ends the run with its code
#   stage_end                     the summary of a run in which all went well
#
# A script that must clean up defines the function stage_cleanup.

stage_name=
stage_lines=()
stage_child=

stage_begin() {
    stage_name=$1
    trap stage_exit EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
}

# stage TITLE COMMAND…: the command runs in this shell, so that a function may set variables. A long program
# goes through stage_run.
stage() {
    local title=$1 from=$SECONDS code=0
    shift
    printf '\n=== %s: %s (at %d s) ===\n' "$stage_name" "$title" "$SECONDS"
    "$@" || code=$?
    stage_lines+=("$(printf '%-34s %5d s  %s' "$title" "$((SECONDS - from))" "$([ "$code" = 0 ] && echo ok || echo "FAILED ($code)")")")
    [ "$code" = 0 ] || {
        stage_summary
        printf '%s: FAILED at "%s" after %d s.\n' "$stage_name" "$title" "$SECONDS" >&2
        exit "$code"
    }
}

# stage_run COMMAND…: in a process group of its own, so that a signal to this script ends at once not only
# cargo but also the compilers and tests under it.
stage_run() {
    local code=0
    set -m
    "$@" </dev/null &
    stage_child=$!
    set +m
    wait "$stage_child" || code=$?
    stage_child=
    return "$code"
}

stage_summary() {
    printf '\n=== %s: summary ===\n' "$stage_name"
    printf '%s\n' "${stage_lines[@]}"
}

stage_end() {
    stage_summary
    printf '%s: all stages passed in %d s.\n' "$stage_name" "$SECONDS"
}

stage_exit() {
    local code=$?
    trap - EXIT
    # A second signal must not cut the cleaning short.
    trap '' HUP INT TERM
    if [ -n "$stage_child" ]; then
        kill -TERM -- "-$stage_child" 2>/dev/null || true
        wait "$stage_child" 2>/dev/null || true
    fi
    if declare -F stage_cleanup >/dev/null; then stage_cleanup || true; fi
    exit "$code"
}

# No setting of the caller's may reach what is tested.
stage_clear_settings() {
    local name
    for name in $(compgen -e); do
        case $name in RIFT_* | DATABASE_URL) unset "$name" ;; esac
    done
}

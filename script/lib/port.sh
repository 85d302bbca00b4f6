# shellcheck shell=bash
# Free TCP ports on 127.0.0.1. Sourced.

# free_port: prints a port on which nothing listens. It is drawn from below the range that the kernel hands
# out by itself (32768 and up on Linux), so that a client's connection does not take it in between. Another
# process still may: who binds it must be ready to draw again.
free_port() {
    local try port
    for try in {1..100}; do
        port=$((20000 + (RANDOM * 32768 + RANDOM + try) % 12000))
        # A refused connection means: nobody listens.
        if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
            echo "$port"
            return 0
        fi
    done
    echo 'No free port on 127.0.0.1 between 20000 and 31999.' >&2
    return 1
}

# just --list shows the recipes.

# Build and start the service on the embedded default.
run *ARGS:
    cargo run --release --locked -- {{ARGS}}

# Everything that must pass before a change is merged.
test:
    script/test

# The tests, then what takes longer.
test-all:
    script/test-all

# Format the code.
fmt:
    cargo fmt --all

# Lints and documentation, as strict as script/test.
lint:
    cargo clippy --all-targets --locked -- -D warnings
    RUSTDOCFLAGS=-Dwarnings cargo doc --no-deps --locked --lib

# Write docs/openapi.json anew from the code.
openapi:
    UPDATE_OPENAPI=1 cargo test --locked --test api openapi

# The first start as a new user sees it.
smoke:
    script/smoke

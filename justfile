# What CI runs, and what it has no time for.

# Everything that CI checks.
ci:
    bash .ci/run

# The quick checks, for before a commit.
check:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets --all-features -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --all-features
    cargo test --workspace

# The example that the README begins with.
chat:
    cargo run --example chat

# Write the expected compiler errors and expansions anew; read the diff before you commit it.
snapshots:
    TRYBUILD=overwrite cargo test --test ui
    WIREBOND_UPDATE=1 cargo test -p wirebond-macros
    WIREBOND_UPDATE=1 cargo test -p wirebond-cli --test it typescript

# Write the worked example's AsyncAPI document and page anew; look at them before you commit them.
pages:
    WIREBOND_UPDATE=1 cargo test --test it committed

# The Autobahn suite against the handshake and the link of either side.
conformance:
    tests/autobahn/run

# Beside peers, in one run; `just bench --quick` takes minutes, and `just bench server` has the server's
# rows alone. Give it a quiet machine.
bench *args:
    cargo run --release --manifest-path benches/Cargo.toml -- {{args}}

# Instructions, beside serde and the hand-written client: needs valgrind; any machine will do.
instructions:
    benches/check --show

# 1,000 restarts, 10,000 connects and disconnects, 1,000 shutdowns, 10,000 hostile connections: tasks and
# descriptors are counted.
soak:
    cargo test --release -p wirebond-client --test leaks -- --ignored
    cargo test --release -p wirebond-server --test leaks -- --ignored --nocapture

# Without sessions, 10,000 messages over 39 resets; with sessions, 100,000 each way over 1,000 cuts, and 10,000
# over 20 kills of the server: what was lost, doubled, reordered, reported.
delivery:
    cargo test --test it delivery:: -- --ignored --nocapture

# Sessions under 100,000 cuts, in the simulation; `SESSION_CUTS=60000` for as many in each configuration.
sessions:
    cargo test --release -p wirebond-connection -- --include-ignored

# Fuzz each target for a while: codec, handshake, connection.
fuzz seconds="300":
    fuzz/run {{seconds}}

# Licences, sources and duplicates of the dependency tree.
deny:
    cargo deny check bans licenses sources

# Each feature by itself and every pair of them: needs cargo-hack.
hack:
    cargo hack check --workspace --feature-powerset --depth 2

# Whether the public API breaks what is published: needs cargo-semver-checks.
semver:
    cargo semver-checks --workspace --exclude wirebond-macros

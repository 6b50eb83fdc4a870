"""What the house keeps: the rooms and the arrows between them, sizes and names.

The reasons are in src/README.md. A new room, arrow, library or top-level name is added here, on
purpose and with the change that needs it.
"""

TOP_LEVEL = {
    ".ci", ".clang-format", ".clang-tidy", ".gitignore", "CHANGELOG.md", "LICENSE", "README.md",
    "conf", "man", "meson.build", "meson_options.txt", "scripts", "src", "tests",
}

# Which rooms a room may include, itself aside. "" is the composition root (server, main).
ARROWS = {
    "base": set(),
    "log": {"base"},
    "config": {"base"},
    "http": {"base"},
    "engineio": {"base", "http"},
    "websocket": {"base"},
    "balance": {"base", "config"},
    "session": {"base"},
    "metrics": {"base"},
    "uv": {"base", "log"},
    "proxy": {"base", "log", "config", "http", "engineio", "websocket", "balance", "session",
              "metrics", "uv"},
    "health": {"base", "log", "config", "http", "balance", "uv"},
    "admin": {"base", "log", "metrics", "balance", "session"},
    "loadgen": {"base", "http", "engineio", "websocket", "uv"},
    "cli": {"base", "log", "config", "admin", "loadgen"},
}
ARROWS[""] = set(ARROWS)

# Rooms without input and output: they take time as a parameter and are tested without a loop.
PURE = {"http", "engineio", "websocket", "balance", "session", "metrics", "config"}

# Headers of libraries, and where each may appear: rooms, or single files. The first that matches.
LIBRARIES = {
    r"uv\.h": {"uv"},
    r"openssl/.*": {"session/cookie_signer.cc"},
    r"malloc\.h": {"memory_keeper.cc"},
    r"toml\+\+/.*|toml\.hpp": {"config/load.cc"},
    r"libwebsockets\.h": {"admin"},
    r"zlib\.h": {"websocket"},
    r"spdlog/.*": {"log"},
    r"prometheus/.*": {"metrics"},
    r"CLI/.*": {"cli"},
    r"nlohmann/.*": {"admin", "cli", "log", "balance/orca.cc"},
    r"fmt/.*": set(ARROWS) - {"base"},
}

# Words of C++ that pure rooms do without: they read a clock or wait for one.
CLOCKS = (r"\bsteady_clock\s*::\s*now\b", r"\bsystem_clock\s*::\s*now\b", r"\bmonotonic_now\b",
          r"\bsleep_(for|until)\b", r"\bclock_gettime\b", r"\bgettimeofday\b")

MAX_FILE_LINES = 400
# Made from the table of keys and never edited by hand: a test keeps them as the table makes them, and they grow with
# every key. What must fit into a head is the table.
GENERATED = {"man/pinion.toml.5.scd"}
MAX_FUNCTION_LINES = 60
MAX_MEDIAN_FILE_LINES = 150

# Where a bare new or delete stands: libuv's handles are freed in their close callbacks, the
# connections of a worker belong to an intrusive list, and a base of recycled objects keeps their memory.
RAW_MEMORY = {"uv", "proxy/worker.cc", "base/recycled.h"}

# What is filled in and then shared as const.
SNAPSHOTS = r"(?:\w+::)*(?:BackendSet|Config)\b"

# Rooms that relayed bytes pass through.
DATA_PATH = {"http", "engineio", "websocket", "balance", "session", "metrics", "proxy"}

# Where more is shared than snapshots: spdlog wants it for its loggers, and the server waits for workers
# that may answer when nobody waits any more.
SHARED = {"log", "admin_actions.cc", "on_main.cc", "worker_group.cc"}

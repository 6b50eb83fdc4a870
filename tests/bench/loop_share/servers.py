"""The servers whose loop is kept busy, and what they say of it."""

import contextlib
import pathlib
import socket
import subprocess
import sys
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
SERVERS = {"node": ["node", HERE / "node_loop.mjs"], "python": ["/usr/bin/python3", HERE / "python_loop.py"]}
OVERHEAD_MS = 0.12  # what a piece costs the loop besides its own time, about


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def true_share(port):
    """Of the time since it was last asked."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/share", timeout=60) as answer:
        return float(answer.read())


def rate_for(level, piece_ms):
    """Pieces a second that make a loop so busy."""
    return 1000 * level / (piece_ms + OVERHEAD_MS)


@contextlib.contextmanager
def server(kind, piece_ms, how, *more):
    """Yields its HTTP port and its work port."""
    http, work = free_port(), free_port()
    command = [*SERVERS[kind], str(http), str(work), str(piece_ms), how, *more]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            if process.stdout.readline() != "ready\n":
                sys.exit(f"{kind} did not start")
            yield http, work
        finally:
            process.kill()

"""What is compared: the bare relay, pinion, nginx, HAProxy. How each is started, and what it needs."""

import contextlib
import pathlib
import shutil
import socket
import subprocess
import time

HERE = pathlib.Path(__file__).resolve().parent
START_LIMIT = 10  # seconds until a target must answer
STOP_LIMIT = 5    # seconds until one that was asked to end is killed

RELAY, PINION, BEFORE, NGINX, HAPROXY = "relay", "pinion", "before", "nginx", "haproxy"
ALL = (RELAY, PINION, NGINX, HAPROXY)
PEERS = (NGINX, HAPROXY)

before = None  # the binary of another pinion, which takes its turn with the one that was built

# Debian keeps these two out of the path of users.
_SYSTEM_PATH = "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin"


class Failed(Exception):
    """Something did not start."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def binary_of(name, build):
    """The path of what runs a target, or None when that is not there."""
    if name == RELAY:
        return str(build / "tests/bench/bench_relay")
    if name == BEFORE:
        return before
    if name == PINION:
        path = build / "pinion"
        return str(path) if path.exists() else None
    return shutil.which(name, path=_SYSTEM_PATH)


def _fill(template, folder, values):
    text = (HERE / template).read_text(encoding="utf-8")
    for name, value in values.items():
        text = text.replace(f"@{name}@", str(value))
    path = folder / template.removesuffix(".in")
    path.write_text(text, encoding="utf-8")
    return str(path)


def _servers(name, ports):
    if name == NGINX:
        return "\n".join(f"    server 127.0.0.1:{port};" for port in ports)
    if name == HAPROXY:
        return "\n".join(f"  server s{port} 127.0.0.1:{port}" for port in ports)
    return ", ".join(f'"127.0.0.1:{port}"' for port in ports)


def _command(name, binary, folder, port, backends, bulk, workers):
    values = {
        "WORKERS": workers, "PORT": port, "ADMIN_PORT": free_port(), "FOLDER": folder, "SERVERS": _servers(name, backends),
        # Bulk goes best through large buffers, and many idle sessions through small ones.
        "NGINX_BUFFER": "64k" if bulk else "4k", "NGINX_BUSY": "128k" if bulk else "8k",
        "HAPROXY_BUFFER": 65536 if bulk else 16384,
    }
    if name == RELAY:
        return [binary, str(port), *map(str, backends)]
    if name == NGINX:
        return [binary, "-p", str(folder), "-e", "stderr", "-c", _fill("nginx.conf.in", folder, values)]
    if name == HAPROXY:
        return [binary, "-db", "-f", _fill("haproxy.cfg.in", folder, values)]
    return [binary, "run", "-c", _fill("pinion.toml.in", folder, values)]


def _children(pid):
    text = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return [int(word) for word in text.split()]


def _answers(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1) as client:
        client.sendall(b"GET /plain HTTP/1.1\r\nHost: bench.example\r\nConnection: close\r\n\r\n")
        return client.recv(64).startswith(b"HTTP/1.1 200")
    return False


class Target:
    """One that runs, on its CPUs."""

    def __init__(self, name, build, folder, backends, cpus, bulk=False, workers=1):
        self.name = name
        self.port = free_port()
        folder.mkdir(parents=True, exist_ok=True)
        # nginx's worker runs as another user and looks into its folder.
        folder.chmod(0o755)
        command = _command(name, binary_of(name, build), folder, self.port, backends, bulk, workers)
        self.log = folder / "log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(  # ended in stop()
                ["taskset", "-c", ",".join(map(str, cpus)), *command], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            self._wait(lambda: _answers(self.port))
            if name == NGINX:
                self._wait(lambda: len(_children(self.process.pid)) == workers)
        except BaseException:
            self.stop()
            raise
        self.pids = [self.process.pid, *_children(self.process.pid)]

    def _wait(self, is_up):
        deadline = time.monotonic() + START_LIMIT
        while not is_up():
            if self.process.poll() is not None or time.monotonic() > deadline:
                said = self.log.read_text(encoding="utf-8", errors="replace").strip()
                raise Failed(f"{self.name} does not answer: {said[-500:] or 'it said nothing'}")
            time.sleep(0.01)

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(STOP_LIMIT)
        except subprocess.TimeoutExpired:
            # nginx's worker ends by itself when its master's end of their channel is gone.
            self.process.kill()
            self.process.wait()


class Backends:
    """The backends, in one process; it ends with its standard input."""

    def __init__(self, build, count=3):
        self.process = subprocess.Popen(  # ended in stop()
            [str(build / "tests/bench/bench_backend"), str(count)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.ports = [int(word) for word in self.process.stdout.readline().split()]
        if len(self.ports) != count:
            self.stop()
            raise Failed("the backends do not start")

    def stop(self):
        self.process.stdin.close()
        try:
            self.process.wait(STOP_LIMIT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()

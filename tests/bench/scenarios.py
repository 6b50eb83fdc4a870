"""What is measured."""

from typing import NamedTuple


class Scenario(NamedTuple):
    name: str
    about: str
    mode: str           # of the load generator
    sessions: int
    unit: str           # what an operation is
    size: int = 128     # bytes of a message
    rate: int = 50      # messages a second of a session that streams
    bulk: bool = False  # large buffers pay
    smoke_sessions: int = 0  # when a short run takes fewer

    @property
    def is_memory(self):
        """It measures memory of sessions that do nothing, in a proxy that has done nothing before."""
        return self.mode == "idle"

    @property
    def measure(self):
        return "bytes a session" if self.is_memory else f"µs of CPU a {self.unit}"


ALL = (
    Scenario("echo", "64 WebSocket sessions, 128 B there and back", "echo", 64, "frame"),
    Scenario("echo-1000", "the same with 1000 sessions", "echo", 1000, "frame", smoke_sessions=200),
    Scenario("stream", "300 sessions x 50 frames/s of 128 B", "stream", 300, "frame"),
    Scenario("firehose", "16 sessions, 512 B frames as fast as they go", "flood", 16, "frame", size=512,
             bulk=True),
    Scenario("upload", "16 sessions send 16 KiB messages as fast as they go", "upload", 16, "message",
             size=16384, bulk=True),
    Scenario("handshake", "WebSocket handshake, open packet, close", "churn", 16, "session"),
    Scenario("polling", "64 sessions, a GET waits while a POST brings 128 B", "polling", 64, "request"),
    Scenario("plain", "GET of 1 KiB on 64 kept-alive connections", "plain", 64, "request"),
    Scenario("idle", "9000 WebSocket sessions that do nothing", "idle", 9000, "session",
             smoke_sessions=400),
)

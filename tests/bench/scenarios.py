"""What is measured."""

from typing import NamedTuple

import measures
import targets

_PROXIES = (targets.PINION, targets.NGINX, targets.HAPROXY)


class Scenario(NamedTuple):
    name: str
    about: str
    mode: str                # of the load generator; of bench_lookup where no target takes part
    measures: tuple
    sessions: int
    size: int = 128          # bytes of a message
    rate: int = 50           # messages a second of a session that streams
    slow: int = 0            # clients more, that are flooded and hardly read
    storm: int = 0           # clients more, that get `storm_rate` frames a second each
    storm_rate: int = 10_000
    workers: int = 1         # of the proxy
    bulk: bool = False       # large buffers pay
    fresh: bool = False      # the proxy has done nothing before; of two, the base goes first
    base: tuple = ()         # (field, value)...: what differs in what it is compared with
    smoke: tuple = ()        # and in a short run
    targets: tuple = targets.ALL

    @property
    def is_lookup(self):
        """It needs no proxy: parts of pinion are called as they are."""
        return not self.targets

    def shortened(self):
        return self._replace(**dict(self.smoke))

    def as_base(self):
        return self._replace(**dict(self.base))


ALL = (
    Scenario("echo", "64 WebSocket sessions, 128 B there and back", "echo", (measures.cost("frame"),), 64),
    Scenario("echo-1000", "the same with 1000 sessions", "echo", (measures.cost("frame"),), 1000,
             smoke=(("sessions", 200),)),
    Scenario("stream", "300 sessions x 50 frames/s of 128 B", "stream",
             (measures.cost("frame"), measures.delay("p50"), measures.delay("p99")), 300),
    Scenario("firehose", "16 sessions, 512 B frames as fast as they go", "flood",
             (measures.cost("frame"),), 16, size=512, bulk=True),
    Scenario("upload", "16 sessions send 16 KiB messages as fast as they go", "upload",
             (measures.cost("message"),), 16, size=16384, bulk=True),
    Scenario("handshake", "WebSocket handshake, open packet, close", "churn", (measures.cost("session"),), 16),
    Scenario("polling", "64 sessions, a GET waits while a POST brings 128 B", "polling",
             (measures.cost("request"),), 64),
    Scenario("plain", "GET of 1 KiB on 64 kept-alive connections", "plain", (measures.cost("request"),), 64),
    Scenario("idle", "9000 WebSocket sessions that do nothing", "idle", (measures.MEMORY,), 9000, fresh=True,
             smoke=(("sessions", 400),)),
    Scenario("memory-back", "memory when 9000 busy sessions have gone, and at the start or when the first 64 have", "leave",
             (measures.change_of_memory("resident, from start", "resident", "start"),
              measures.change_of_memory("own, from start", "anonymous", "start"),
              measures.change_of_memory("own", "anonymous", "end"),
              measures.change_of_memory("own, peak", "anonymous", "end", "peak")), 9000, rate=2, fresh=True,
             base=(("sessions", 64),), smoke=(("sessions", 200),)),
    Scenario("many", "18,000 frames/s, to 9000 sessions or to 100", "stream",
             (measures.change_of_cost("frame"),), 9000, rate=2, base=(("sessions", 100), ("rate", 180)),
             smoke=(("sessions", 300),)),
    Scenario("slow-readers", "100 sessions x 50 frames/s, with 4 beside them that are flooded and hardly read",
             "stream", (measures.delay("p99"), measures.change_of_delay("p99")), 100, slow=4,
             base=(("slow", 0),)),
    Scenario("storm", "100 sessions x 10 frames/s of 64 B, with 4 x 10,000 beside them", "stream",
             (measures.cost("frame"), measures.WRITES, measures.delay("p50"), measures.delay("p99"),
              measures.change_of_delay("p99")), 100, size=64, rate=10, storm=4, base=(("storm", 0),)),
    Scenario("workers", "polling, two workers or one", "polling",
             (measures.change_of_cost("request"), measures.change_of_rate("request")), 64, workers=2,
             base=(("workers", 1),), targets=_PROXIES),
    Scenario("workers-echo", "echo, two workers or one", "echo",
             (measures.change_of_cost("frame"), measures.change_of_rate("frame")), 64, workers=2,
             base=(("workers", 1),), targets=_PROXIES),
    Scenario("choose", "a backend for a session, out of 1000", "choose", (measures.cost("choice"),), 1000,
             targets=()),
    Scenario("pin", "the backend of a session, out of a million sessions", "pin",
             (measures.cost("look-up"),), 1_000_000, targets=(), smoke=(("sessions", 10_000),)),
    Scenario("pin-request", "a request of one of a million sessions begins and ends", "request",
             (measures.cost("request"),), 1_000_000, targets=(), smoke=(("sessions", 10_000),)),
)

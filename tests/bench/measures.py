"""What is made of results: costs, delays, and what something changes.

A turn is what one target gave in one round: the result of the load generator, and where a scenario
compares two, that of the base beside it.
"""

from typing import Callable, NamedTuple, Optional

COST, DELAY, CHANGE = "cost", "delay", "change"


class Turn(NamedTuple):
    result: dict
    base: Optional[dict] = None


class Measure(NamedTuple):
    kind: str
    unit: str
    of: Callable          # Turn -> number, or None where there is nothing to divide by; less is better
    name: str = ""        # beside the scenario's, where that has several
    before: Callable = None   # of a change: Turn -> what it was in the base
    after: Callable = None    # and what it is


def _cost(result):
    return result["proxy_ns"] / 1000 / result["operations"]


def _rate(result):
    return result["operations"] / result["seconds"]


def cost(unit):
    return Measure(COST, f"µs a {unit}", lambda turn: _cost(turn.result))


def _growth(turn):
    result = turn.result
    return max(0, result["peak"]["anonymous"] - result["start"]["anonymous"]) / result["operations"]


def _change(name, unit, before, after):
    def of(turn):
        return after(turn) / before(turn) if before(turn) else None

    return Measure(CHANGE, unit, of, name, before, after)


def delay(name):
    return Measure(DELAY, "µs", lambda turn: turn.result[f"{name}_us"], name)


def change_of_delay(name):
    return _change(name, "µs", lambda turn: turn.base[f"{name}_us"], lambda turn: turn.result[f"{name}_us"])


def change_of_cost(unit):
    return _change("cost", f"µs a {unit}", lambda turn: _cost(turn.base), lambda turn: _cost(turn.result))


def change_of_rate(unit):
    return _change("throughput", f"{unit}s a second", lambda turn: _rate(turn.base),
                   lambda turn: _rate(turn.result))


MEMORY = Measure(COST, "bytes a session", _growth)

def change_of_memory(name, kind, before, after="end"):
    """@param before the moment in the base that the moment `after` is compared with"""
    return _change(name, "KiB", lambda turn: turn.base[before][kind] / 1024,
                   lambda turn: turn.result[after][kind] / 1024)


WRITES = Measure(COST, "writes a frame",
                 lambda turn: turn.result["storm_segments"] / turn.result["storm_frames"], "writes")

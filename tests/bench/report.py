"""Medians and ratios, and the file for machines."""

import json
import os
import platform
import statistics

import measures
import targets


def _median(values):
    values = [value for value in values if value is not None]
    return statistics.median(values) if values else None


def _values(turns, of):
    return [None if turn is None else of(turn) for turn in turns]


def _ratio(one, other):
    """Median over the rounds of one's value over the other's: what drifts, drifts for both."""
    pairs = [(a, b) for a, b in zip(one, other) if a is not None and b]
    return _median(a / b for a, b in pairs)


def _line_of(measure, turns):
    """@param turns target -> one turn a round @returns what the tables show of a measure"""
    values = {name: _values(each, measure.of) for name, each in turns.items()}
    medians = {name: _median(each) for name, each in values.items()}
    line = {"name": measure.name, "kind": measure.kind, "unit": measure.unit, "median": medians}
    if measure.kind == measures.CHANGE:
        line["before"] = {name: _median(_values(each, measure.before)) for name, each in turns.items()}
        line["after"] = {name: _median(_values(each, measure.after)) for name, each in turns.items()}
        return line
    peers = [name for name in targets.PEERS if medians.get(name) is not None]
    line["best_peer"] = best = min(peers, key=lambda name: medians[name]) if peers else None
    pinion = values.get(targets.PINION, [])
    line["pinion_to_best_peer"] = _ratio(pinion, values[best]) if best else None
    line["pinion_to_relay"] = _ratio(pinion, values.get(targets.RELAY, []))
    line["pinion_to_before"] = _ratio(pinion, values.get(targets.BEFORE, []))
    line["to_nginx"] = {name: _ratio(each, values.get(targets.NGINX, [])) for name, each in values.items()}
    return line


def _per_second(result):
    return result["operations"] / result["seconds"] if result["seconds"] else None


def _share(what):
    """Of one CPU, 0 to 1."""
    return lambda result: result[what] / 1e9 / result["seconds"] if result["seconds"] else None


def summary_of(scenario, turns):
    """@param turns target -> one turn a round, None for one that failed"""
    def medians(of):
        return {name: _median(_values(each, lambda turn: of(turn.result))) for name, each in turns.items()}

    return {
        "about": scenario.about,
        "lines": [_line_of(measure, turns) for measure in scenario.measures],
        "per_second": medians(_per_second),
        "proxy_busy": medians(_share("proxy_ns")),
        "tool_busy": medians(_share("tool_ns")),
        "rounds": {name: [turn and turn._asdict() for turn in each] for name, each in turns.items()},
    }


def write_json(path, settings, versions, summaries):
    data = {"settings": settings, "versions": versions, "scenarios": summaries,
            "machine": {"cpus": os.cpu_count(), "kernel": platform.release(),
                        "load_average": os.getloadavg()[0]}}
    with open(path, "w", encoding="utf-8") as file:
        json.dump(data, file, indent=1)
        file.write("\n")


def read_json(path):
    """@returns the versions and the summaries of a run that wrote them"""
    with open(path, encoding="utf-8") as file:
        data = json.load(file)
    return data["versions"], data["scenarios"]

"""Medians, ratios, the table for people and the file for machines."""

import json
import os
import platform
import statistics

import targets

LABELS = {targets.RELAY: "bare relay", targets.PINION: "pinion", targets.NGINX: "nginx",
          targets.HAPROXY: "HAProxy"}


def value_of(scenario, result):
    """The cost in one round: microseconds of CPU an operation, or bytes a session."""
    if scenario.is_memory:
        return result["memory"] / result["operations"]
    return result["proxy_ns"] / 1000 / result["operations"]


def rate_of(result):
    return result["operations"] / result["seconds"] if result["seconds"] else 0


def median(scenario, rounds):
    return statistics.median(value_of(scenario, result) for result in rounds) if rounds else None


def ratio(scenario, one, other):
    """Median over the rounds of one's cost over the other's: what drifts, drifts for both."""
    pairs = [(value_of(scenario, a), value_of(scenario, b)) for a, b in zip(one, other)]
    ratios = [a / b for a, b in pairs if b]
    return statistics.median(ratios) if ratios else None


def summary_of(scenario, results):
    """@param results target -> one result a round"""
    medians = {name: median(scenario, rounds) for name, rounds in results.items()}
    peers = [name for name in targets.PEERS if medians.get(name) is not None]
    best = min(peers, key=lambda name: medians[name]) if peers else None
    pinion = results.get(targets.PINION, [])
    return {
        "about": scenario.about,
        "measure": scenario.measure,
        "median": medians,
        "best_peer": best,
        "pinion_to_best_peer": ratio(scenario, pinion, results[best]) if best else None,
        "pinion_to_relay": ratio(scenario, pinion, results.get(targets.RELAY, [])),
        "per_second": _medians(results, rate_of),
        "proxy_busy": _medians(results, lambda result: _share(result, "proxy_ns")),
        "tool_busy": _medians(results, lambda result: _share(result, "tool_ns")),
        "p50_us": _medians(results, lambda result: result["p50_us"]),
        "p99_us": _medians(results, lambda result: result["p99_us"]),
        "rounds": results,
    }


def _medians(results, of):
    return {name: statistics.median(map(of, rounds)) for name, rounds in results.items() if rounds}


def _share(result, what):
    """Of one CPU, 0 to 1."""
    return result[what] / 1e9 / result["seconds"] if result["seconds"] else 0


def _number(value):
    if value is None:
        return "-"
    if value < 10:
        return f"{value:.2f}"
    return f"{value:.1f}" if value < 1000 else f"{value:,.0f}"


def _rows(names, summaries, cells):
    yield ["scenario", *(LABELS[name] for name in names), *cells[0]]
    for scenario, summary in summaries.items():
        yield [scenario, *(_number(value) for value in cells[1](summary)), *cells[2](summary)]


def _print(title, rows):
    rows = list(rows)
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    print(f"\n{title}")
    for row in rows:
        first, *rest = (cell.ljust(width) if column == 0 else cell.rjust(width)
                        for column, (cell, width) in enumerate(zip(row, widths)))
        print("  ".join([first, *rest]))


def print_tables(names, summaries):
    """What each costs and the ratios; then throughput, delays, and who was busy."""
    def costs(summary):
        return [summary["median"].get(name) for name in names]

    def ratios(summary):
        return [_number(summary["pinion_to_relay"]), _number(summary["pinion_to_best_peer"]),
                summary["measure"]]

    _print("Cost (medians)", _rows(names, summaries, (
        ["pinion/relay", "pinion/best peer", "measure"], costs, ratios)))
    busy = {name: summary for name, summary in summaries.items() if any(summary["per_second"].values())}
    if not busy:
        return
    for title, key, factor in (
            ("Operations a second", "per_second", 1), ("Delay p50, µs", "p50_us", 1),
            ("Delay p99, µs", "p99_us", 1), ("Proxy's CPU, %", "proxy_busy", 100),
            ("Generator's and backends' CPU, %", "tool_busy", 100)):
        shown = {name: summary for name, summary in busy.items() if any(summary[key].values())}

        def values(summary, key=key, factor=factor):
            return [summary[key][name] * factor if name in summary[key] else None for name in names]

        if shown:
            _print(title, _rows(names, shown, ([], values, lambda _: [])))


def write_json(path, settings, versions, summaries):
    data = {"settings": settings, "versions": versions, "scenarios": summaries,
            "machine": {"cpus": os.cpu_count(), "kernel": platform.release(),
                        "load_average": os.getloadavg()[0]}}
    with open(path, "w", encoding="utf-8") as file:
        json.dump(data, file, indent=1)
        file.write("\n")

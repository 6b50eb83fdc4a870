"""The tables: on a terminal, and as Markdown.

The first holds what an operation costs, the second delays, the third what something changes, the last
ones who was busy.
"""

import measures
import targets

LABELS = {targets.RELAY: "bare relay", targets.PINION: "pinion", targets.BEFORE: "before", targets.NGINX: "nginx",
          targets.HAPROXY: "HAProxy"}


def labels_with(versions):
    return [f"{LABELS[name]} {version}".strip() for name, version in versions.items()]


def _number(value):
    if value is None:
        return "-"
    if abs(value) < 10:
        return f"{value:.2f}" if abs(value) >= 0.1 or value == 0 else f"{value:.3f}"
    return f"{value:.1f}" if value < 1000 else f"{value:,.0f}"


def _lines(summaries, kind):
    for scenario, summary in summaries.items():
        for line in summary["lines"]:
            if line["kind"] == kind:
                yield f"{scenario} {line['name']}".strip(), summary, line


def _costs(names, summaries):
    ratios = {"pinion/relay": "pinion_to_relay", "pinion/best peer": "pinion_to_best_peer"}
    if targets.BEFORE in names:
        ratios["pinion/before"] = "pinion_to_before"
    yield ["", *(LABELS[name] for name in names), *ratios, "what"]
    for row, summary, line in _lines(summaries, measures.COST):
        yield [row, *(_number(line["median"].get(name)) for name in names),
               *(_number(line[key]) for key in ratios.values()),
               f"{line['unit']}: {summary['about']}"]


def _delays(names, summaries):
    others = [name for name in names if name != targets.NGINX]
    yield ["", *(LABELS[name] for name in names), *(f"{LABELS[name]}/nginx" for name in others)]
    for row, _, line in _lines(summaries, measures.DELAY):
        yield [row, *(_number(line["median"].get(name)) for name in names),
               *(_number(line["to_nginx"].get(name)) for name in others)]


def _changes(names, summaries):
    def cell(line, name):
        if line["median"].get(name) is None:
            return "-"
        both = f"{_number(line['before'][name])}, {_number(line['after'][name])}"
        return f"{_number(line['median'][name])} ({both})"

    yield ["", *(LABELS[name] for name in names), "what"]
    for row, summary, line in _lines(summaries, measures.CHANGE):
        yield [row, *(cell(line, name) for name in names), f"{line['unit']}: {summary['about']}"]


def _of_results(key, factor):
    def rows(names, summaries):
        yield ["", *(LABELS[name] for name in names)]
        for scenario, summary in summaries.items():
            if any(summary[key].values()):
                values = [summary[key].get(name) for name in names]
                yield [scenario, *(_number(None if value is None else value * factor) for value in values)]

    return rows


_MAIN = (("CPU time of the proxy", _costs), ("Delay, µs", _delays),
         ("What it changes: the ratio (from, to)", _changes))
_REST = (("Operations a second", _of_results("per_second", 1)), ("Proxy's CPU, %", _of_results("proxy_busy", 100)),
         ("Generator's and backends' CPU, %", _of_results("tool_busy", 100)))


def _filled(parts, versions, summaries):
    for title, rows in parts:
        table = list(rows(list(versions), summaries))
        if len(table) > 1:
            yield title, table


def print_plain(versions, summaries):
    for title, table in _filled(_MAIN + _REST, versions, summaries):
        widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
        print(f"\n{title} (medians)")
        for row in table:
            cells = [cell.rjust(width) if 0 < column and not table[0][column] == "what" else cell.ljust(width)
                     for column, (cell, width) in enumerate(zip(row, widths))]
            print("  ".join(cells).rstrip())


def markdown(versions, summaries):
    """Rows say what they are about, since on a page their names say nothing yet."""
    out = [f"{', '.join(labels_with(versions))}; medians.\n"]
    for title, table in _filled(_MAIN, versions, summaries):
        head, *rows = table
        if head[-1] == "what":
            head, rows = head[:-1], [[f"{name}: {what}", *cells] for name, *cells, what in rows]
        head[0] = title
        out.append("| " + " | ".join(head) + " |")
        out.append("|---" * len(head) + "|")
        out += ["| " + " | ".join(row) + " |" for row in rows]
        out.append("")
    return "\n".join(out)


def write_markdown(path, versions, summaries):
    with open(path, "w", encoding="utf-8") as file:
        file.write(markdown(versions, summaries))

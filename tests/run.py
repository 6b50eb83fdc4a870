#!/usr/bin/python3
"""Builds and runs the parts of the test suite, one after the other. Called by scripts/test.

A part is a list of steps; a step is a command whose output is counted (tally.py). What a part says is
kept in build/test-logs/PART.log.
"""

import argparse
import os
import pathlib
import signal
import subprocess
import sys
import time
from typing import NamedTuple

import tally

ROOT = pathlib.Path(__file__).resolve().parents[1]
LOGS = ROOT / "build" / "test-logs"
MINUTE = 60


class Step(NamedTuple):
    command: list
    environment: dict = {}
    counts: bool = True          # its output holds results; else it only must succeed
    meson_log: str = ""          # where meson writes what its tests said
    findings: str = ""           # a folder where sanitizers write, one file each
    limit: float = 15 * MINUTE   # seconds


class Outcome(NamedTuple):
    part: str
    tally: tally.Tally
    seconds: float


def build(kind):
    return Step(["scripts/build", kind], counts=False)


def meson_tests(directory, *suites, environment=None):
    log = "-".join(suites)
    command = ["meson", "test", "-C", directory, "--num-processes", "2", "--logbase", log,
               "--timeout-multiplier", "4"]
    for suite in suites:
        command += ["--suite", suite]
    return Step(command, environment or {}, meson_log=f"{directory}/meson-logs/{log}.json",
                findings=f"{directory}/findings" if environment else "")


def end_to_end(directory, environment=None):
    return Step(["tests/e2e/run"], {"PINION": str(ROOT / directory / "pinion"), **(environment or {})},
                findings=f"{directory}/findings" if environment else "")


def sanitized(directory):
    """Options that make a finding end the process, and put what it says where no test can swallow it."""
    log = f"log_path={ROOT / directory / 'findings'}/"
    return {
        "ASAN_OPTIONS": f"{log}asan:detect_stack_use_after_return=1:strict_string_checks=1",
        "UBSAN_OPTIONS": f"{log}ubsan:print_stacktrace=1",
        "TSAN_OPTIONS": f"{log}tsan:second_deadlock_stack=1",
        "PINION_SLOW": "4",
    }


def parts():
    """Name, what it is, steps. In this order: what is quick and tells most comes first."""
    asan, tsan = sanitized("build-asan"), sanitized("build-tsan")
    return [
        ("house", "rooms, sizes, style, scripts, man pages, installation",
         [build("release"), meson_tests("build", "house")]),
        ("unit", "unit tests of every room, and the fuzzers over their corpora",
         [build("release"), meson_tests("build", "unit")]),
        ("e2e", "the real binary with real servers and clients",
         [build("release"), end_to_end("build")]),
        ("bench", "a short run of the benchmarks", [build("release"), Step(["tests/bench/run", "--smoke"])]),
        ("lint", "clang-tidy over src", [Step(["scripts/lint"])]),
        ("asan", "unit tests with AddressSanitizer and UndefinedBehaviorSanitizer",
         [build("asan"), meson_tests("build-asan", "unit", environment=asan)]),
        ("e2e-asan", "e2e likewise", [build("asan"), end_to_end("build-asan", asan)]),
        ("tsan", "unit tests with ThreadSanitizer",
         [build("tsan"), meson_tests("build-tsan", "unit", environment=tsan)]),
        ("e2e-tsan", "e2e likewise", [build("tsan"), end_to_end("build-tsan", tsan)]),
    ]


def run_step(step, log):
    """@returns what it said, and whether it ended well in time"""
    environment = {**os.environ, **step.environment}
    if step.findings:
        folder = ROOT / step.findings
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.iterdir():
            old.unlink()
    print("$", " ".join(step.command), file=log, flush=True)
    start = log.tell()
    with subprocess.Popen(step.command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=log,
                          stderr=subprocess.STDOUT, start_new_session=True) as process:
        try:
            succeeded = process.wait(step.limit) == 0
        except subprocess.TimeoutExpired:
            print(f"run.py: ended after {step.limit:.0f} s", file=log, flush=True)
            succeeded = False
        finally:
            end_group(process)
    log.flush()
    with open(log.name, encoding="utf-8", errors="replace") as file:
        file.seek(start)
        return file.read(), succeeded


def end_group(process):
    """Whatever a step leaves behind is of its session, and goes with it."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def count(step, said, succeeded, part):
    if not step.counts:
        return tally.Tally() if succeeded else tally.Tally(0, 1, (f"{part}: {' '.join(step.command)}",))
    if not step.meson_log:
        found = tally.of_output(said, succeeded, part)
    else:
        try:
            found = tally.of_meson((ROOT / step.meson_log).read_text(encoding="utf-8").splitlines())
        except OSError:
            found = tally.Tally()
        if found.passed + found.failed == 0 or (not succeeded and found.failed == 0):
            found += tally.Tally(0, 1, (f"{part}: meson test",))
    reports = sorted((ROOT / step.findings).iterdir()) if step.findings else []
    return found + tally.Tally(0, len(reports), tuple(f"{part}: {path}" for path in reports))


def run_part(name, steps):
    began = time.monotonic()
    total = tally.Tally()
    with open(LOGS / f"{name}.log", "w", encoding="utf-8") as log:
        for step in steps:
            said, succeeded = run_step(step, log)
            total += count(step, said, succeeded, name)
            if not step.counts and not succeeded:
                break
    return Outcome(name, total, time.monotonic() - began)


def wanted_parts():
    known = parts()
    lines = "\n".join(f"  {name:10}{about}" for name, about, _ in known)
    parser = argparse.ArgumentParser(prog="scripts/test", epilog=f"parts:\n{lines}",
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", nargs="*", help="run only these; default: all")
    names = parser.parse_args().part
    for name in names:
        if name not in [each for each, _, _ in known]:
            parser.error(f"no part '{name}'")
    return [(name, steps) for name, _, steps in known if not names or name in names]


def main():
    wanted = wanted_parts()
    LOGS.mkdir(parents=True, exist_ok=True)
    outcomes = []
    for name, steps in wanted:
        outcome = run_part(name, steps)
        outcomes.append(outcome)
        print(f"{name:10}{outcome.tally.passed:6} passed {outcome.tally.failed:4} failed "
              f"{outcome.seconds:6.0f} s", flush=True)
    total = sum((outcome.tally for outcome in outcomes), tally.Tally())
    for outcome in outcomes:
        if outcome.tally.failed:
            print(f"\nfailed, see {LOGS.relative_to(ROOT)}/{outcome.part}.log:")
            print("\n".join(f"  {name}" for name in outcome.tally.names[:20]))
    print(f"{total.passed} passed, {total.failed} failed")
    return 1 if total.failed else 0


if __name__ == "__main__":
    sys.exit(main())

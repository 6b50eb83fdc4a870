#!/usr/bin/python3
"""Builds and runs the parts of the test suite in lanes, side by side. Called by scripts/test.

What a part says is kept in build/test-logs/PART.log; of a part that failed the end is shown, too.
"""

import argparse
import sys
import threading
import time
from typing import NamedTuple

import step
import tally
from parts import all_parts

LOGS = step.ROOT / "build" / "test-logs"
SHOWN_NAMES = 20
SHOWN_LINES = 60


class Outcome(NamedTuple):
    part: str
    tally: tally.Tally
    seconds: float


def run_part(part):
    began = time.monotonic()
    total = tally.Tally()
    with open(LOGS / f"{part.name}.log", "w", encoding="utf-8") as log:
        for each in part.steps:
            found, succeeded = step.run(each, log, part.name)
            total += found
            if not each.counts and not succeeded:
                break
    return Outcome(part.name, total, time.monotonic() - began)


class Run:
    """The wanted parts, in their lanes."""

    def __init__(self, wanted):
        self._wanted = wanted
        self._over = {part.name: threading.Event() for part in wanted}
        self.outcomes = []

    def run(self):
        lanes = dict.fromkeys(part.lane for part in self._wanted)
        threads = [threading.Thread(target=self._run_lane, args=(lane,)) for lane in lanes]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _run_lane(self, lane):
        for part in self._wanted:
            if part.lane != lane:
                continue
            if part.after in self._over:
                self._over[part.after].wait()
            try:
                outcome = run_part(part)
            except Exception as error:  # else the other lane would wait for ever
                outcome = Outcome(part.name, tally.Tally(0, 1, (f"{part.name}: {error!r}",)), 0)
            self.outcomes.append(outcome)
            self._over[part.name].set()
            print(f"{part.name:10}{outcome.tally.passed:6} passed {outcome.tally.failed:4} failed "
                  f"{outcome.seconds:6.0f} s", flush=True)


def wanted_parts():
    known = all_parts()
    lines = "\n".join(f"  {part.name:10}{part.about}" for part in known)
    parser = argparse.ArgumentParser(prog="scripts/test", epilog=f"parts:\n{lines}",
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", nargs="*", help="run only these; default: all")
    names = parser.parse_args().part
    for name in names:
        if name not in [part.name for part in known]:
            parser.error(f"no part '{name}'")
    return [part for part in known if not names or part.name in names]


def explain(outcome):
    path = LOGS / f"{outcome.part}.log"
    print(f"\nfailed, see {path.relative_to(step.ROOT)}:")
    print("\n".join(f"  {name}" for name in outcome.tally.names[:SHOWN_NAMES]))
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    print("which ends so:", *(f"  | {line}" for line in lines[-SHOWN_LINES:]), sep="\n")


def main():
    LOGS.mkdir(parents=True, exist_ok=True)
    wanted = wanted_parts()
    names = ", ".join(part.name for part in wanted)
    print(f"running {names}; what they say is in {LOGS.relative_to(step.ROOT)}", flush=True)
    run = Run(wanted)
    run.run()
    for outcome in run.outcomes:
        if outcome.tally.failed:
            explain(outcome)
    total = sum((outcome.tally for outcome in run.outcomes), tally.Tally())
    print(f"{total.passed} passed, {total.failed} failed")
    return 1 if total.failed else 0


if __name__ == "__main__":
    sys.exit(main())

"""One command of a part of the test suite: run it in a session of its own, and count what it says."""

import os
import pathlib
import signal
import subprocess
from typing import NamedTuple

import tally

ROOT = pathlib.Path(__file__).resolve().parents[1]
_MINUTE = 60


class Step(NamedTuple):
    command: list
    environment: dict = {}
    counts: bool = True          # its output holds results; else it only must succeed
    meson_log: str = ""          # where meson writes what its tests said
    findings: str = ""           # a folder where sanitizers write, one file each
    limit: float = 15 * _MINUTE  # seconds


def run(step, log, part):
    """Runs it with its output at the end of the file `log`.

    @returns its tally, and whether it ended well in time
    """
    for old in _findings(step):
        old.unlink()
    print("$", " ".join(step.command), file=log, flush=True)
    start = log.tell()
    with subprocess.Popen(step.command, cwd=ROOT, env={**os.environ, **step.environment}, stdin=subprocess.DEVNULL,
                          stdout=log, stderr=subprocess.STDOUT, start_new_session=True) as process:
        try:
            succeeded = process.wait(step.limit) == 0
        except subprocess.TimeoutExpired:
            print(f"run.py: ended after {step.limit:.0f} s", file=log, flush=True)
            succeeded = False
        finally:
            _end_group(process)
    log.flush()
    with open(log.name, encoding="utf-8", errors="replace") as file:
        file.seek(start)
        said = file.read()
    return _count(step, said, succeeded, part) + _findings_tally(step, log, part), succeeded


def _end_group(process):
    """Whatever a step leaves behind is of its session, and goes with it."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def _count(step, said, succeeded, part):
    if not step.counts:
        return tally.Tally() if succeeded else tally.Tally(0, 1, (f"{part}: {' '.join(step.command)}",))
    if not step.meson_log:
        return tally.of_output(said, succeeded, part)
    try:
        found = tally.of_meson((ROOT / step.meson_log).read_text(encoding="utf-8").splitlines())
    except OSError:
        found = tally.Tally()
    if found.passed + found.failed == 0 or (not succeeded and found.failed == 0):
        found += tally.Tally(0, 1, (f"{part}: meson test",))
    return found


def _findings(step):
    if not step.findings:
        return []
    folder = ROOT / step.findings
    folder.mkdir(parents=True, exist_ok=True)
    return sorted(folder.iterdir())


def _findings_tally(step, log, part):
    """Each report of a sanitizer has failed, and stands at the end of the log with its first lines."""
    reports = _findings(step)
    for path in reports:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        print(f"--- {path.relative_to(ROOT)}", *lines[:40], sep="\n", file=log, flush=True)
    return tally.Tally(0, len(reports), tuple(f"{part}: {path.relative_to(ROOT)}" for path in reports))

"""Counts what passed and what failed in the words of each kind of test."""

import json
import re
from typing import NamedTuple

_DOCTEST = re.compile(r"^\[doctest\] test cases: +\d+ \| +(\d+) passed \| +(\d+) failed \| +(\d+) skipped",
                      re.MULTILINE)
_UNITTEST = re.compile(r"^Ran (\d+) tests? in ", re.MULTILINE)
_UNITTEST_BAD = re.compile(r"^(?:FAILED|OK) \((.*)\)$", re.MULTILINE)
_OWN = re.compile(r"^[\w-]+: (\d+) passed, (\d+) failed$", re.MULTILINE)
_NAMES = re.compile(r"^(?:TEST CASE: +|FAIL:? +|ERROR: +|not ok +)(.*)$", re.MULTILINE)


class Tally(NamedTuple):
    passed: int = 0
    failed: int = 0
    names: tuple = ()  # of what failed

    def __add__(self, other):
        return Tally(self.passed + other.passed, self.failed + other.failed, self.names + other.names)


def of_output(text, succeeded, name):
    """What one program says of itself. It never counts as clean when it did not end well, and a program
    that does not count is one test of its own."""
    passed, failed = 0, 0
    for good, bad, skipped in _DOCTEST.findall(text):
        passed, failed = passed + int(good), failed + int(bad) + int(skipped)
    for good, bad in _OWN.findall(text):
        passed, failed = passed + int(good), failed + int(bad)
    ran = sum(map(int, _UNITTEST.findall(text)))
    bad = sum(int(number) for found in _UNITTEST_BAD.findall(text) for number in re.findall(r"\d+", found))
    passed, failed = passed + ran - bad, failed + bad
    if not succeeded and failed == 0:
        failed = 1
    if succeeded and passed + failed == 0:
        passed = 1
    names = tuple(dict.fromkeys(found.strip() for found in _NAMES.findall(text)))
    return Tally(passed, failed, tuple(f"{name}: {each}" for each in names or ("",)) if failed else ())


def of_meson(lines):
    """What `meson test` wrote to its testlog.json: an object for each test. A skipped test has failed."""
    total = Tally()
    for test in map(json.loads, filter(None, lines)):
        words = test.get("stdout", "") + "\n" + test.get("stderr", "")
        name = test["name"].split("/")[-1].strip()
        total += of_output(words, test["result"] in ("OK", "EXPECTEDFAIL"), name)
    return total

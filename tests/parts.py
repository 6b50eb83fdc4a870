"""The parts of the test suite. A part is a list of steps that follow each other.

Parts of the lane `waiting` mostly wait for sockets and clocks, those of the lane `computing` compile, `reading` runs
nothing. They run side by side with equal shares: each step is a session of its own, between which nice does not
count where the kernel weighs sessions (sched(7), autogroup). So lint, which nobody waits for, begins when the other
lanes have done most of their compiling, and takes what their waiting leaves. The last end-to-end run is in the second
lane, which is free by then.
"""

from typing import NamedTuple

from step import ROOT, Step


class Part(NamedTuple):
    name: str
    about: str
    steps: list
    lane: str = "waiting"
    after: str = ""  # the part that must be over first: it builds in the same directory, or goes before


def _build(kind):
    return Step(["scripts/build", kind], counts=False)


def _meson_tests(directory, *suites, environment=None):
    log = "-".join(suites)
    command = ["meson", "test", "-C", directory, "--num-processes", "2", "--logbase", log,
               "--timeout-multiplier", "4", "--print-errorlogs"]
    for suite in suites:
        command += ["--suite", suite]
    return Step(command, environment or {}, meson_log=f"{directory}/meson-logs/{log}.json",
                findings=f"{directory}/findings" if environment else "")


def _end_to_end(directory, environment=None):
    return Step(["tests/e2e/run"], {"PINION": str(ROOT / directory / "pinion"), **(environment or {})},
                findings=f"{directory}/findings" if environment else "")


def _sanitized(directory):
    """Options that make a finding end the process, and put what it says where no test can swallow it."""
    log = f"log_path={ROOT / directory / 'findings'}/"
    return {
        "ASAN_OPTIONS": f"{log}asan:detect_stack_use_after_return=1:strict_string_checks=1",
        "UBSAN_OPTIONS": f"{log}ubsan:print_stacktrace=1",
        "TSAN_OPTIONS": f"{log}tsan:second_deadlock_stack=1",
        "PINION_SLOW": "4",
    }


def _computing(name, about, steps):
    return Part(name, about, steps, "computing")


def _reading(name, about, steps, after):
    return Part(name, about, steps, "reading", after)


def all_parts():
    """In each lane in the order in which they run: what is quick and tells most comes first."""
    asan, tsan = _sanitized("build-asan"), _sanitized("build-tsan")
    return [
        Part("house", "rooms, sizes, style, scripts, man pages, installation",
             [_build("release"), _meson_tests("build", "house")]),
        Part("unit", "unit tests of every room, and the fuzzers over their corpora",
             [_build("release"), _meson_tests("build", "unit")]),
        Part("e2e", "the real binary with real servers and clients",
             [_build("release"), _end_to_end("build")]),
        Part("bench", "a short run of the benchmarks",
             [_build("release"), Step(["tests/bench/run", "--smoke"]), Step(["tests/bench/tabs/run", "--smoke"]),
              Step(["tests/bench/balance/run", "slow-70", "--smoke", "--targets", "least_load"])]),
        _computing("asan", "unit tests with AddressSanitizer and UndefinedBehaviorSanitizer",
                   [_build("asan"), _meson_tests("build-asan", "unit", environment=asan)]),
        _computing("tsan", "unit tests with ThreadSanitizer",
                   [_build("tsan"), _meson_tests("build-tsan", "unit", environment=tsan)]),
        _reading("lint", "clang-tidy over src", [Step(["scripts/lint"], limit=28 * 60)], after="e2e"),
        Part("e2e-asan", "e2e with AddressSanitizer and UndefinedBehaviorSanitizer",
             [_build("asan"), _end_to_end("build-asan", asan)], after="asan"),
        Part("e2e-tsan", "e2e with ThreadSanitizer",
             [_build("tsan"), _end_to_end("build-tsan", tsan)], "computing"),
    ]

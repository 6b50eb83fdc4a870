"""How scripts/test runs its parts: lanes side by side, nothing lost, failures explained."""

import contextlib
import io
import pathlib
import sys
import tempfile
import unittest
from unittest import mock

import tree
from house import main

sys.path.insert(0, str(tree.ROOT / "tests"))
import parts  # noqa: E402  (found by the line above)
import run  # noqa: E402
from step import Step  # noqa: E402


def shell(text, **more):
    return Step(["sh", "-c", text], **more)


class RunTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        patch = mock.patch.object(run, "LOGS", self.folder)
        patch.start()
        self.addCleanup(patch.stop)

    def outcomes(self, *wanted):
        """@returns the outcome of each part by its name, and what was printed"""
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            one = run.Run(wanted)
            one.run()
        return {outcome.part: outcome for outcome in one.outcomes}, printed.getvalue()

    def test_each_part_is_counted(self):
        found, printed = self.outcomes(
            parts.Part("a", "", [shell("echo x: 3 passed, 1 failed; false")]),
            parts.Part("b", "", [shell("echo x: 5 passed, 0 failed")], "computing"))
        self.assertEqual(found["a"].tally[:2], (3, 1))
        self.assertEqual(found["b"].tally[:2], (5, 0))
        self.assertRegex(printed, r"(?m)^a +3 passed +1 failed +\d+ s$")

    def test_lanes_run_side_by_side(self):
        meet = "touch {0}; for i in $(seq 200); do [ -e {1} ] && exit 0; sleep 0.05; done; exit 1"
        one, other = self.folder / "one", self.folder / "other"
        found, _ = self.outcomes(
            parts.Part("a", "", [shell(meet.format(one, other))]),
            parts.Part("b", "", [shell(meet.format(other, one))], "computing"))
        self.assertEqual([outcome.tally.failed for outcome in found.values()], [0, 0])

    def test_a_part_waits_for_the_one_that_builds_for_it(self):
        built = self.folder / "built"
        found, _ = self.outcomes(
            parts.Part("late", "", [shell(f"test -e {built}")], after="first"),
            parts.Part("first", "", [shell(f"sleep 0.3; touch {built}")], "computing"))
        self.assertEqual(found["late"].tally.failed, 0)

    def test_a_part_that_is_not_wanted_is_not_waited_for(self):
        found, _ = self.outcomes(parts.Part("late", "", [shell("true")], after="first"))
        self.assertEqual(found["late"].tally[:2], (1, 0))

    def test_a_build_that_fails_is_one_failure_and_ends_its_part(self):
        found, _ = self.outcomes(parts.Part("a", "", [shell("exit 3", counts=False), shell("true")]))
        self.assertEqual(found["a"].tally[:2], (0, 1))

    def test_a_command_that_is_not_there_does_not_hold_up_the_other_lane(self):
        found, _ = self.outcomes(
            parts.Part("late", "", [shell("true")], after="first"),
            parts.Part("first", "", [Step([str(self.folder / "no-such-command")])], "computing"))
        self.assertEqual(found["first"].tally.failed, 1)
        self.assertEqual(found["late"].tally[:2], (1, 0))

    def test_what_a_sanitizer_wrote_fails_and_is_shown(self):
        findings = self.folder / "findings"
        with mock.patch("step.ROOT", self.folder):
            found, _ = self.outcomes(parts.Part("a", "", [
                shell(f"echo WARNING: data race > {findings}/tsan.7", findings="findings")]))
        self.assertEqual(found["a"].tally[:2], (1, 1))
        with mock.patch("step.ROOT", self.folder), contextlib.redirect_stdout(io.StringIO()) as printed:
            run.explain(found["a"])
        self.assertIn("WARNING: data race", printed.getvalue())

    def test_every_part_that_another_waits_for_comes_in_the_other_lane(self):
        known = {part.name: part for part in parts.all_parts()}
        for part in known.values():
            if part.after:
                self.assertNotEqual(known[part.after].lane, part.lane)


if __name__ == "__main__":
    main()

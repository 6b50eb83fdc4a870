"""The counting behind the last line of scripts/test."""

import json
import sys
import unittest

import tree
from house import main

sys.path.insert(0, str(tree.ROOT / "tests"))
import tally  # noqa: E402  (found by the line above)

DOCTEST = "[doctest] test cases:  12 |  {} passed | {} failed | {} skipped\n[doctest] assertions: 5 | 5 passed |\n"


def counted(text, succeeded=True):
    return tally.of_output(text, succeeded, "x")[:2]


class Output(unittest.TestCase):
    def test_doctest_counts_cases(self):
        self.assertEqual(counted(DOCTEST.format(12, 0, 0)), (12, 0))
        self.assertEqual(counted(DOCTEST.format(10, 2, 0), False), (10, 2))

    def test_what_is_skipped_has_failed(self):
        self.assertEqual(counted(DOCTEST.format(11, 0, 1)), (11, 1))
        self.assertEqual(counted("Ran 3 tests in 0.1s\n\nOK (skipped=1)\n"), (2, 1))

    def test_unittest_counts_tests(self):
        self.assertEqual(counted("Ran 3 tests in 0.1s\n\nOK\n"), (3, 0))
        self.assertEqual(counted("Ran 9 tests in 1s\n\nFAILED (failures=2, errors=1)\n", False), (6, 3))

    def test_own_lines_are_added_up(self):
        self.assertEqual(counted("e2e: 40 passed, 1 failed\n", False), (40, 1))
        self.assertEqual(counted("it said: 3 passed, 0 failed today\n"), (1, 0))

    def test_a_program_that_does_not_count_is_one_test(self):
        self.assertEqual(counted(""), (1, 0))
        self.assertEqual(counted("Segmentation fault", False), (0, 1))

    def test_a_crash_after_good_words_is_a_failure(self):
        self.assertEqual(counted(DOCTEST.format(12, 0, 0), False), (12, 1))

    def test_failures_have_names(self):
        text = "TEST CASE:  a pin is lost\n...\n" + DOCTEST.format(11, 1, 0)
        self.assertEqual(tally.of_output(text, False, "session").names, ("session: a pin is lost",))


class Meson(unittest.TestCase):
    def test_each_test_counts_and_a_skipped_one_has_failed(self):
        tests = [{"name": "base", "result": "OK", "stdout": DOCTEST.format(12, 0, 0)},
                 {"name": "pinion:house / text", "result": "SKIP", "stdout": ""},
                 {"name": "slow", "result": "TIMEOUT", "stdout": "", "stderr": ""}]
        found = tally.of_meson([json.dumps(test) for test in tests] + [""])
        self.assertEqual(found[:2], (12, 2))


if __name__ == "__main__":
    main()

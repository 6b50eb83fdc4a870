"""What holds for every text file: clean ends, nothing put off, nothing of one machine."""

import json
import re

import tree
from house import HouseTest, main

# Put together here, so that this file does not hold what it looks for.
PUT_OFF = re.compile(r"\b(?:" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK")) + r")\b")
NOT_RUN = re.compile("|".join((
    r"doctest::" + r"(?:skip|may_fail|should_fail)", r"\b(?:it|test|describe)" + r"\.(?:skip|only|todo)\b",
    r"@?unittest\." + r"(?:skip|expectedFailure)", r"\bpytest\." + r"(?:mark\.)?(?:skip|xfail)",
    r"\." + r"skipTest\(", r"\bexit\(" + r"77\)")))
OF_A_MACHINE = re.compile(r"(?<![\w.*])/(?:" + "|".join(("home", "work", "Users")) + r")/\w")
BY_OTHERS = {"LICENSE"}


def is_lock(name):
    return name.endswith("package-lock.json")


def matches(pattern, left_out=is_lock):
    """file:line: the line, for each that the pattern finds."""
    return [f"{name}:{number}: {line.strip()}" for name, text in tree.texts() if not left_out(name)
            for number, line in enumerate(text.splitlines(), 1) if pattern.search(line)]


class Text(HouseTest):
    def test_files_end_in_one_newline(self):
        wrong = [name for name, text in tree.texts()
                 if text and (not text.endswith("\n") or text.endswith("\n\n"))]
        self.assert_none(wrong)

    def test_lines_have_no_trailing_space_and_no_carriage_return(self):
        self.assert_none(matches(re.compile(r"[ \t\r]$"), BY_OTHERS.__contains__))

    def test_nothing_is_put_off(self):
        self.assert_none(matches(PUT_OFF))

    def test_every_test_runs(self):
        self.assert_none(matches(NOT_RUN))

    def test_no_path_of_one_machine(self):
        self.assert_none(matches(OF_A_MACHINE))

    def test_lock_files_name_no_server(self):
        for name in filter(is_lock, tree.files()):
            packages = json.loads(tree.read(name)).get("packages", {})
            wrong = [f"{name}: {package}" for package, what in packages.items() if "resolved" in what]
            self.assert_none(wrong)


if __name__ == "__main__":
    main()

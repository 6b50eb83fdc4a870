"""C++ that the house does without."""

import re

import cpp
import rules
import tree
from arrows_test import own_sources, room_of
from house import HouseTest, main


def uses(pattern, name, text):
    """file:line of each use in code (not in comments or literals)."""
    plain = cpp.code(text)
    return [f"{name}:{plain.count(chr(10), 0, found.start()) + 1}: {found.group()}"
            for found in re.finditer(pattern, plain)]


class Language(HouseTest):
    def test_our_code_does_not_throw(self):
        self._nowhere(r"\bthrow\b")

    def test_memory_has_owners(self):
        self._nowhere(r"\bnew\b|(?<!= )(?<!operator )\bdelete\b|\b(?:malloc|calloc|realloc|free)\s*\(",
                      but=rules.RAW_MEMORY)

    def test_only_immutable_snapshots_are_shared(self):
        self._nowhere(r"\b(?:shared_ptr<(?!const\b)|make_shared<(?!const\b|" + rules.SNAPSHOTS + r"))[^>]*>?",
                      but=rules.SHARED)

    def test_the_data_path_calls_no_std_function(self):
        self._nowhere(r"\bstd::(?:move_only_)?function\b", but=set(rules.ARROWS) - rules.DATA_PATH)

    def test_nothing_waits_for_luck(self):
        names = tree.with_suffix(".cc", ".h", under="tests/") + tree.with_suffix(".cc", ".h", under="src/")
        pattern = r"\b(?:sleep_for|sleep_until|usleep|nanosleep|sleep)\s*\("
        self.assert_none([line for name in names for line in uses(pattern, name, tree.read(name))])

    def test_each_exception_from_the_linter_says_why(self):
        wrong = []
        for name in tree.with_suffix(".cc", ".h"):
            before = ""
            for number, line in enumerate(tree.read(name).splitlines(), 1):
                named = re.search(r"NOLINT(?:NEXTLINE|BEGIN)?\([\w.,* -]+\)(: \w)?", line)
                told = named and (named.group(1) or before.lstrip().startswith("//"))
                if "NOLINT" in line and "NOLINTEND" not in line and not told:
                    wrong.append(f"{name}:{number}: {line.strip()}")
                before = line
        self.assert_none(wrong, "write NOLINT(check): why, or why in the line above")

    def _nowhere(self, pattern, but=frozenset()):
        self.assert_none([line for name, text in own_sources()
                          if not but & {room_of(name), name.removeprefix("src/")}
                          for line in uses(pattern, name, text)])


if __name__ == "__main__":
    main()

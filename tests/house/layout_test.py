"""Where things lie, and that nothing lies about unused."""

import re

import rules
import tree
from house import HouseTest, main


class TopLevel(HouseTest):
    def test_names_are_the_agreed_ones(self):
        self.assertEqual({name.split("/")[0] for name in tree.files()}, rules.TOP_LEVEL)


class Headers(HouseTest):
    def test_each_opens_with_a_comment_and_is_guarded(self):
        wrong = []
        for name in tree.with_suffix(".h"):
            opening, guard, _ = tree.read(name).partition("\n#pragma once\n")
            if not guard or not all(line.startswith("//") for line in opening.splitlines()):
                wrong.append(name)
        self.assert_none(wrong, "a comment, then #pragma once")


class Rooms(HouseTest):
    def test_no_two_files_of_a_room_name_a_constant_alike(self):
        """Some builds compile a room at once (scripts/build)."""
        declared = re.compile(r"^(?:inline )?constexpr (?!auto \[)[\w:<>, ]+? (k[A-Z]\w*)\b(?! \()", re.MULTILINE)
        local = re.compile(r"^namespace \{$(.*?)^\}  // namespace$", re.MULTILINE | re.DOTALL)
        found = {}
        for name in [*tree.with_suffix(".cc", under="src/"), *tree.with_suffix(".h", under="src/")]:
            text = tree.read(name)
            visible = text if name.endswith(".h") else "".join(local.findall(text))
            room = "/".join(name.split("/")[:-1])
            namespace = "|".join(re.findall(r"^namespace ([\w:]+) \{$", text, re.MULTILINE)[-1:])
            for constant in set(declared.findall(visible)):
                found.setdefault((room, namespace, constant), []).append(name)
        alike = [f"{constant}: {', '.join(names)}" for (_, _, constant), names in found.items() if len(names) > 1]
        self.assertGreater(len(found), 50)
        self.assert_none(alike, "constants")


class BuildFiles(HouseTest):
    def test_each_source_is_built(self):
        self.assert_none(self._unlisted(tree.with_suffix(".cc", ".c", under="src/")))

    def test_each_unit_test_is_built(self):
        tests = [name for name in tree.with_suffix("_test.cc", under="tests/")]
        self.assertGreater(len(tests), 4)
        self.assert_none(self._unlisted(tests))

    def _unlisted(self, names):
        """Those files that no meson.build above them names."""
        wrong = []
        for name in names:
            parts = name.split("/")
            listed = False
            for depth in range(len(parts)):
                build = "/".join([*parts[:depth], "meson.build"])
                path = "/".join(parts[depth:])
                if (tree.ROOT / build).is_file() and re.search(rf"'{re.escape(path)}'", tree.read(build)):
                    listed = True
            if not listed:
                wrong.append(name)
        return wrong

    def test_each_room_with_code_has_tests_that_run(self):
        rooms = {name.split("/")[1] for name in tree.with_suffix(".cc", under="src/")
                 if name.count("/") > 1}
        tested = {name.split("/")[1] for name in tree.with_suffix("_test.cc", under="tests/")}
        self.assert_none(sorted(rooms - tested), "no tests for")
        entered = set(re.findall(r"'(\w+)'", tree.read("tests/meson.build")))
        self.assert_none(sorted(tested - entered), "tests/meson.build does not enter")


if __name__ == "__main__":
    main()

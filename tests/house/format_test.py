"""C++ looks as .clang-format says."""

import re
import subprocess

import tree
from house import HouseTest, main


class Format(HouseTest):
    def test_clang_format_would_change_nothing(self):
        names = tree.with_suffix(".h", ".cc")
        done = subprocess.run(["clang-format-19", "--dry-run", "-Werror", *names], cwd=tree.ROOT,
                              capture_output=True, text=True, check=False)
        wrong = sorted(set(re.findall(r"^([^:\s]+):\d+:\d+: error: ", done.stderr, re.MULTILINE)))
        self.assert_none(wrong, "run clang-format-19 -i on")
        self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    main()

"""Man pages: scdoc reads them, and mandoc has nothing against what comes out."""

import subprocess

import tree
from house import HouseTest, main

# scdoc opens paragraphs that mandoc finds needless. They do no harm, and are not ours to change.
OF_SCDOC = "skipping paragraph macro"


def render(name):
    return subprocess.run(["scdoc"], input=tree.read(name), capture_output=True, text=True, check=False)


class ManPages(HouseTest):
    def test_all_pages_are_there(self):
        self.assertEqual(tree.with_suffix(".scd"),
                         ["man/pinion-bench.8.scd", "man/pinion-chainlit.7.scd", "man/pinion-operations.7.scd",
                          "man/pinion.8.scd", "man/pinion.toml.5.scd"])

    def test_scdoc_reads_them(self):
        for name in tree.with_suffix(".scd"):
            done = render(name)
            self.assertEqual((done.returncode, done.stderr), (0, ""), name)

    def test_mandoc_has_nothing_against_them(self):
        for name in tree.with_suffix(".scd"):
            lint = subprocess.run(["mandoc", "-T", "lint", "-W", "warning"], input=render(name).stdout,
                                  capture_output=True, text=True, check=False)
            said = [line for line in (lint.stdout + lint.stderr).splitlines() if OF_SCDOC not in line]
            self.assert_none(said, name)


if __name__ == "__main__":
    main()

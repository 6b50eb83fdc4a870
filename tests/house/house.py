"""What all checks of the house share."""

import unittest

main = unittest.main


class HouseTest(unittest.TestCase):
    def assert_none(self, wrong, why=""):
        """Fails with one line for each thing that is wrong."""
        if wrong:
            self.fail("\n  ".join([why or f"{len(wrong)} found:", *wrong]))

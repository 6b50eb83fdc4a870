"""Scripts: their grammar, what shellcheck says, and that they can be run."""

import os
import pty
import subprocess

import tree
from house import HouseTest, main

PLACES = ("scripts/", ".ci/", "tests/", "conf/")


def shell_scripts():
    return [name for name, line in tree.scripts() if line.endswith(("/bash", "/sh", " bash", " sh"))]


class Scripts(HouseTest):
    def test_there_is_something_to_look_at(self):
        self.assertIn("scripts/setup", shell_scripts())

    def test_each_can_be_run(self):
        wrong = [name for name, _ in tree.scripts() if not os.access(tree.ROOT / name, os.X_OK)]
        self.assert_none(wrong)

    def test_each_lies_where_scripts_lie(self):
        self.assert_none([name for name, _ in tree.scripts() if not name.startswith(PLACES)])

    def test_shell_can_read_them(self):
        for name in shell_scripts():
            done = self._run("bash", "-n", name)
            self.assertEqual(done.returncode, 0, done.stderr)

    def test_shellcheck_has_nothing_to_say(self):
        # SC2317: it takes what only a trap calls for unreachable.
        done = self._run("shellcheck", "--exclude=SC2317", *shell_scripts())
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_quietly_says_nothing_of_what_goes_well(self):
        done = self._run("scripts/quietly", "who", "sh", "-c", "echo words; echo more >&2")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    def test_quietly_tells_what_failed_and_how(self):
        done = self._run("scripts/quietly", "who", "sh", "-c", "echo words; exit 3")
        self.assertEqual((done.returncode, done.stdout), (3, ""))
        self.assertEqual(done.stderr, "words\nwho: failed: sh -c echo words; exit 3\n")

    def test_quietly_shows_on_a_terminal_that_it_goes_on(self):
        ours, its = pty.openpty()
        self.addCleanup(os.close, ours)
        done = subprocess.run(["scripts/quietly", "who", "sh", "-c", "echo words; sleep 1"], cwd=tree.ROOT,
                              stdout=its, stderr=its, env={**os.environ, "TERM": "xterm"}, check=False)
        os.close(its)
        self.assertEqual(done.returncode, 0)
        shown = os.read(ours, 4096).decode()
        self.assertIn("\rwho: words\x1b[K", shown)
        self.assertTrue(shown.endswith("\r\x1b[K"), repr(shown))

    def _run(self, *command):
        return subprocess.run(command, cwd=tree.ROOT, capture_output=True, text=True, check=False)


if __name__ == "__main__":
    main()

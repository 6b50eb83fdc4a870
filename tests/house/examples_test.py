"""What people start from: config files that pinion takes, and the loop that starts a Chainlit app several times."""

import os
import pathlib
import signal
import subprocess
import tempfile
import time
import unittest

import tree
from house import HouseTest, main

BUILD = os.environ.get("PINION_BUILD", str(tree.ROOT / "build"))
LOOP = str(tree.ROOT / "conf/examples/chainlit-processes")
PATIENCE = 20  # seconds

# In place of Chainlit: says how it was started, then stays until it is told to end.
CHAINLIT = """#!/bin/sh
trap 'echo ended >> "$SAID/$7"; exit 0' TERM
ls -A "$CHAINLIT_APP_ROOT" > "$SAID/$7.files"
printf '%s\\n' "$*" "$PWD" "$CHAINLIT_APP_ROOT" "$CHAINLIT_AUTH_SECRET" ready > "$SAID/$7"
while :; do sleep 0.05; done
"""


def check(text):
    with tempfile.NamedTemporaryFile("w", suffix=".toml", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        return subprocess.run([f"{BUILD}/pinion", "check", "-c", file.name],
                              capture_output=True, text=True, check=False)


class Configurations(HouseTest):
    def test_pinion_takes_each(self):
        names = tree.with_suffix(".toml", under="conf/")
        self.assertIn("conf/chainlit.toml", names)
        for name in names:
            done = check(tree.read(name))
            self.assertEqual((done.returncode, done.stderr), (0, ""), name)

    def test_what_the_one_for_chainlit_offers_can_be_taken(self):
        text = tree.read("conf/chainlit.toml")
        for line in ("[pool.affinity]", 'cookie = "pinion"', 'trusted_proxies = ["127.0.0.1"]'):
            self.assertIn("# " + line, text)
            text = text.replace("# " + line, line)
        done = check(text)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertRegex(done.stdout, r"\n  cookie +pinion +default: ")

    def test_pinion_takes_those_of_the_guide_and_one_is_the_one_for_chainlit(self):
        blocks = tree.read("man/pinion-chainlit.7.scd").split("```")[1::2]
        files = [block.lstrip() for block in blocks if block.lstrip().startswith("[")]
        for file in files:
            done = check(file)
            self.assertEqual((done.returncode, done.stderr), (0, ""), file)

        def settings(text):
            lines = (line.partition("  #")[0] for line in text.splitlines() if not line.startswith("#"))
            return [line for line in lines if line]
        self.assertEqual(settings(files[0]), settings(tree.read("conf/chainlit.toml")))

    def test_the_loop_starts_what_the_one_for_chainlit_names(self):
        backends = [f"127.0.0.1:{port}" for port in (8001, 8002, 8003)]
        self.assertIn(f"backends = {backends}".replace("'", '"'), tree.read("conf/chainlit.toml"))


class Processes(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name).resolve()
        for name in ("bin", "app/.chainlit", "app/public", "said", "tmp"):
            (self.folder / name).mkdir(parents=True)
        (self.folder / "app/app.py").touch()
        (self.folder / "app/chainlit.md").touch()
        (self.folder / "bin/chainlit").write_text(CHAINLIT, encoding="utf-8")
        (self.folder / "bin/chainlit").chmod(0o755)
        self.environment = {"PATH": f"{self.folder}/bin:{os.environ['PATH']}", "SAID": f"{self.folder}/said",
                            "TMPDIR": f"{self.folder}/tmp", "CHAINLIT_AUTH_SECRET": "secret of a test"}

    def start(self, *arguments):
        loop = subprocess.Popen([LOOP, *arguments], cwd=self.folder, env=self.environment, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(loop.communicate)
        self.addCleanup(loop.terminate)
        return loop

    def said(self, port):
        """What the process on this port said, once it has."""
        file = self.folder / "said" / str(port)
        deadline = time.monotonic() + PATIENCE
        while not file.exists() or "ready" not in file.read_text(encoding="utf-8"):
            self.assertLess(time.monotonic(), deadline, f"nothing from {port}")
            time.sleep(0.02)
        return file.read_text(encoding="utf-8").splitlines()

    def test_each_has_a_port_and_a_directory_of_its_own_and_the_secret_of_all(self):
        self.start("app/app.py")
        roots = set()
        for port in (8001, 8002, 8003):
            command, place, root, secret, _ = self.said(port)
            self.assertEqual(command, f"run {self.folder}/app/app.py --headless --host 127.0.0.1 --port {port}")
            self.assertEqual(place, f"{self.folder}/app")
            self.assertEqual(secret, "secret of a test")
            files = (self.folder / "said" / f"{port}.files").read_text(encoding="utf-8").split()
            self.assertEqual(files, [".chainlit", "chainlit.md", "public"])
            roots.add(root)
        self.assertEqual(len(roots), 3)

    def test_the_secret_of_the_file_beside_the_app_is_taken_as_it_stands(self):
        del self.environment["CHAINLIT_AUTH_SECRET"]
        secret = "$abc1$$x?%*+,-./:;<=>@^_~$HOME#2"
        for number, line in enumerate((f'CHAINLIT_AUTH_SECRET="{secret}"', f"export CHAINLIT_AUTH_SECRET='{secret}'",
                                       f"CHAINLIT_AUTH_SECRET={secret}")):
            port = 8001 + number
            (self.folder / "app/.env").write_text(f"OTHER=1\n{line}\n", encoding="utf-8")
            self.start("app/app.py", "1", str(port))
            self.assertEqual(self.said(port)[3], secret, line)

    def test_all_end_with_it_and_leave_nothing(self):
        for word in (signal.SIGINT, signal.SIGTERM):
            loop = self.start("app/app.py", "2", "9001")
            for port in (9001, 9002):
                self.said(port)
            loop.send_signal(word)
            _, errors = loop.communicate(timeout=PATIENCE)
            self.assertEqual((loop.returncode, errors), (130, ""))
            for port in (9001, 9002):
                self.assertEqual(self.said(port)[-1], "ended")
                (self.folder / "said" / str(port)).unlink()
            self.assertEqual(list((self.folder / "tmp").iterdir()), [])

    def test_what_is_missing_is_told_and_nothing_started(self):
        def told(*arguments):
            loop = self.start(*arguments)
            _, errors = loop.communicate(timeout=PATIENCE)
            self.assertEqual((loop.returncode, errors.count("\n")), (2, 1), errors)
            return errors

        self.assertIn("say APP.py", told())
        self.assertIn("there is no file none.py", told("none.py"))
        for wrong in ("0", "x", "-1", "100000"):
            self.assertIn(f"{wrong} is no number", told("app/app.py", wrong))
            self.assertIn(f"{wrong} is no number", told("app/app.py", "2", wrong))
        del self.environment["CHAINLIT_AUTH_SECRET"]
        self.assertIn("/app/.env first", told("app/app.py"))
        self.assertEqual(list((self.folder / "tmp").iterdir()), [])


if __name__ == "__main__":
    main()

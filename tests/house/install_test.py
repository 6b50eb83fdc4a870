"""`meson install` into an empty root: what it puts where, and that it can be used."""

import os
import pathlib
import subprocess
import tempfile

import tree
from house import HouseTest, main

BUILD = os.environ.get("PINION_BUILD", str(tree.ROOT / "build"))
MOST_EXPOSED = 20  # of 100, as `systemd-analyze security` counts


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=False)


class Installation(HouseTest):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.install()

    def install(self):
        done = run("meson", "install", "-C", BUILD, "--no-rebuild", "--destdir", str(self.root))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def below(self, pattern):
        """The one installed file of that name, relative to the root."""
        found = [path.relative_to(self.root) for path in self.root.rglob(pattern)]
        self.assertEqual(len(found), 1, f"{pattern}: {found}")
        return found[0]

    def test_each_file_has_its_place(self):
        self.assertEqual(self.below("bin/pinion"), pathlib.Path("usr/local/bin/pinion"))
        self.assertEqual(self.below("pinion.8").parent.name, "man8")
        self.assertEqual(self.below("pinion.toml.5").parent.name, "man5")
        self.assertEqual(self.below("pinion-bench.8").parent.name, "man8")
        self.assertEqual(self.below("pinion-chainlit.7").parent.name, "man7")
        self.assertEqual(self.below("pinion-operations.7").parent.name, "man7")
        self.assertEqual(self.below("pinion.service").parts[-3:-1], ("systemd", "system"))
        self.assertEqual(self.below("pinion.toml"), pathlib.Path("etc/pinion/pinion.toml"))
        examples = pathlib.Path("usr/local/share/doc/pinion/examples")
        self.assertEqual(self.below("chainlit.toml").parent, examples)
        self.assertEqual(self.below("load_report.py").parent, examples)
        self.assertTrue(os.access(self.root / self.below("chainlit-processes"), os.X_OK))

    def test_the_binary_runs_and_takes_the_configuration(self):
        binary = str(self.root / self.below("bin/pinion"))
        self.assertRegex(run(binary, "--version").stdout, r"\d+\.\d+\.\d+")
        done = run(binary, "check", "-c", str(self.root / self.below("pinion.toml")))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_an_edited_configuration_is_kept(self):
        configuration = self.root / self.below("pinion.toml")
        configuration.write_text("# mine\n", encoding="utf-8")
        self.install()
        self.assertEqual(configuration.read_text(encoding="utf-8"), "# mine\n")

    def test_systemd_takes_the_unit_and_finds_it_closed(self):
        unit = self.root / self.below("pinion.service")
        binary = "/" + str(self.below("bin/pinion"))
        self.assertIn(f"ExecStart={binary} run -c /etc/pinion/pinion.toml\n", unit.read_text("utf-8"))
        unit.write_text(unit.read_text("utf-8").replace(binary, str(self.root) + binary), "utf-8")
        done = run("systemd-analyze", "verify", "--man=no", str(unit))
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))
        done = run("systemd-analyze", "security", "--no-pager", "--offline=true",
                   f"--threshold={MOST_EXPOSED}", str(unit))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    main()

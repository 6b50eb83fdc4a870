"""The files of the project, as git sees them: tracked, or new and not ignored."""

import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]

# Folders of bytes as peers send them, and as the fuzzers found them: input, not text.
_INPUT = {"corpus", "fixtures"}
_LEFT_OUT_WITHOUT_GIT = {".git", "node_modules", "__pycache__"}


def files():
    """Paths of all files relative to the root, sorted, with '/' between names."""
    if (ROOT / ".git").exists():
        command = ["git", "-C", str(ROOT), "-c", "safe.directory=*", "ls-files", "-z", "--cached",
                   "--others", "--exclude-standard"]
        listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        names = {name for name in listed.split("\0") if name}
    else:
        names = {path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*")}
    return sorted(name for name in names if _is_ours(name))


def _is_ours(name):
    parts = name.split("/")
    if _LEFT_OUT_WITHOUT_GIT & set(parts) or parts[0] == "build" or parts[0].startswith("build-"):
        return False
    return (ROOT / name).is_file()


def with_suffix(*suffixes, under=""):
    """Those files that end in one of the suffixes and lie in the folder `under`."""
    return [name for name in files() if name.endswith(suffixes) and name.startswith(under)]


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def texts():
    """(name, text) of each file that people read."""
    for name in files():
        if _INPUT & set(name.split("/")) and not name.endswith((".md", ".py", ".js", ".mjs")):
            continue
        data = (ROOT / name).read_bytes()
        if b"\0" not in data:
            yield name, data.decode("utf-8")


def scripts():
    """(name, interpreter line) of each file that starts with #!."""
    for name in files():
        with open(ROOT / name, "rb") as file:
            first = file.readline()
        if first.startswith(b"#!"):
            yield name, first.decode("utf-8").strip()

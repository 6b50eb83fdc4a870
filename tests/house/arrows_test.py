"""The rooms of src/ and what each may include (the table is in rules.py)."""

import re
import unittest

import cpp
import rules
import tree
from house import HouseTest, main

SYSTEM = re.compile(r"[a-z0-9_]+|(?:sys|netinet|arpa|net|linux)/[a-z0-9_]+\.h"
                    r"|(?:fcntl|grp|netdb|poll|pthread|pwd|sched|signal|termios|unistd)\.h")


def own_sources():
    return [(name, tree.read(name)) for name in tree.with_suffix(".h", ".cc", ".c", under="src/")]


def room_of(name):
    """The room of a file under src/; "" for the composition root."""
    parts = name.split("/")
    return parts[1] if len(parts) > 2 else ""


def broken_arrows(name, text):
    """Own headers that the file's room may not include."""
    room = room_of(name)
    targets = {include: room_of("src/" + include) for include, quoted in cpp.includes(text) if quoted}
    return [f"{name} includes {include}: no arrow from {room or 'the root'} to {target or 'the root'}"
            for include, target in targets.items()
            if target != room and target not in rules.ARROWS[room]]


def strayed_libraries(name, text):
    """Headers of libraries outside the rooms that hide them, and headers nobody knows."""
    here = {room_of(name), name.removeprefix("src/")}
    wrong = []
    for include in [include for include, quoted in cpp.includes(text) if not quoted]:
        where = next((where for pattern, where in rules.LIBRARIES.items()
                      if re.fullmatch(pattern, include)), None)
        if where is None and not SYSTEM.fullmatch(include):
            wrong.append(f"{name} includes <{include}>, which rules.py does not know")
        elif where is not None and not where & here:
            wrong.append(f"{name} includes <{include}>, which belongs to {sorted(where)}")
    return wrong


def clock_reads(name, text):
    plain = cpp.code(text)
    return [f"{name}: {found.group()}" for pattern in rules.CLOCKS
            for found in re.finditer(pattern, plain)]


class Arrows(HouseTest):
    def test_every_room_is_in_the_table(self):
        rooms = {room_of(name) for name, _ in own_sources()}
        self.assertGreater(len(rooms), 5)
        self.assert_none(sorted(rooms - set(rules.ARROWS)))

    def test_the_map_shows_the_same_arrows(self):
        rows = re.findall(r"^\| `(\w+)/` \|[^|]*\|([^|]*)\|", tree.read("src/README.md"), re.MULTILINE)
        above, drawn = set(), {}
        for room, arrows in rows:
            told = re.findall(r"\w+", re.sub(r"\(.*?\)", "", arrows))
            drawn[room] = set(above) if told == ["all", "above"] else set(told)
            above.add(room)
        self.assertEqual(drawn, {room: arrows for room, arrows in rules.ARROWS.items() if room})

    def test_the_table_has_no_circle(self):
        for room in rules.ARROWS:
            seen, waiting = set(), list(rules.ARROWS[room])
            while waiting:
                at = waiting.pop()
                if at not in seen:
                    seen.add(at)
                    waiting.extend(rules.ARROWS[at])
            self.assertNotIn(room, seen, f"{room} includes itself by detours")

    def test_rooms_include_only_what_lies_below_them(self):
        self.assert_none([line for source in own_sources() for line in broken_arrows(*source)])

    def test_libraries_stay_in_their_rooms(self):
        self.assert_none([line for source in own_sources() for line in strayed_libraries(*source)])

    def test_own_headers_are_named_from_src_and_exist(self):
        self.assert_none([f"{name} includes {include}" for name, text in own_sources()
                          for include, quoted in cpp.includes(text)
                          if quoted and not (tree.ROOT / "src" / include).is_file()])

    def test_pure_rooms_read_no_clock(self):
        self.assert_none([line for name, text in own_sources() if room_of(name) in rules.PURE
                          for line in clock_reads(name, text)])


class Samples(unittest.TestCase):
    """The checks see what they are for."""

    def test_an_arrow_upwards(self):
        text = '#include "base/check.h"\n#include "proxy/worker.h"\n'
        self.assertEqual(len(broken_arrows("src/http/head.cc", text)), 1)
        self.assertEqual(broken_arrows("src/server.cc", text), [])

    def test_rooms_that_do_not_know_each_other(self):
        self.assertEqual(len(broken_arrows("src/admin/a.cc", '#include "proxy/worker.h"\n')), 1)

    def test_a_library_outside_its_room(self):
        self.assertEqual(strayed_libraries("src/uv/loop.h", "#include <uv.h>\n#include <array>\n"), [])
        self.assertEqual(len(strayed_libraries("src/proxy/worker.h", "#include <uv.h>\n")), 1)
        self.assertEqual(strayed_libraries("src/config/load.cc", "#include <toml++/toml.h>\n"), [])
        self.assertEqual(len(strayed_libraries("src/config/bounds.cc", "#include <toml++/toml.h>\n")), 1)

    def test_an_unknown_library(self):
        self.assertEqual(len(strayed_libraries("src/proxy/a.cc", "#include <boost/asio.hpp>\n")), 1)

    def test_a_clock(self):
        self.assertEqual(len(clock_reads("src/http/a.cc", "auto t = std::chrono::steady_clock::now();")), 1)
        self.assertEqual(clock_reads("src/http/a.cc", "// not monotonic_now()\n"), [])


if __name__ == "__main__":
    main()

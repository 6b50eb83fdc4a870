"""Enough of C++ to count with: comments and literals blanked out, includes, functions by braces.

It is an approximation that is right for code in the house style; cpp_test.py holds it to samples.
"""

import re
from typing import NamedTuple

_NOT_CODE = re.compile(
    r'//[^\n]*'
    r'|/\*.*?\*/'
    r'|R"(?P<raw>[^\s()\\]{0,16})\(.*?\)(?P=raw)"'
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9A-Za-z_])'(?:\\.|[^'\\\n])+'",
    re.DOTALL)
_DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.MULTILINE)
_BEFORE_A_HEAD = re.compile(r"\s*(?:(?:public|private|protected)\s*:\s*)*")
_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:"([^"]+)"|<([^>]+)>)', re.MULTILINE)


class Function(NamedTuple):
    line: int   # of the first line of its head, from 1
    lines: int  # from there to the closing brace
    head: str   # up to the opening brace, in one line


def code(text):
    """The text with comments and literals blanked: same lines, nothing that only looks like code."""
    return _NOT_CODE.sub(lambda found: _blank(found.group()), text)


def includes(text):
    """(path, quoted) of each #include."""
    commentless = re.sub(r"/\*.*?\*/", lambda found: _blank(found.group()), text, flags=re.DOTALL)
    return [(quoted or angled, bool(quoted)) for quoted, angled in _INCLUDE.findall(commentless)]


def functions(text):
    """Each outermost function with a body; lambdas and local classes belong to the one around."""
    return _Reader(_DIRECTIVE.sub(lambda found: _blank(found.group()), code(text))).read()


class _Reader:
    """Follows braces, and judges each opening one by the words before it."""

    def __init__(self, plain):
        self.plain = plain
        self.found = []
        self.open = []        # for each open brace: (kind, where its head begins, parens around it)
        self.parens = 0       # open ones since the last brace
        self.head_at = 0      # where the present declaration begins
        self.function_end = None

    def read(self):
        for at, character in enumerate(self.plain):
            if character in "([":
                self.parens += 1
            elif character in ")]":
                self.parens -= 1
            elif character == "{":
                self._enter(at)
            elif character == "}" and self.open:
                self._leave(at)
            elif character == ";" and self.parens == 0:
                self.head_at = at + 1
        return self.found

    def _enter(self, at):
        kinds = [kind for kind, _, _ in self.open]
        if "function" in kinds:
            kind = "body"
        elif self._continues(self.head_at, self.plain[self.head_at:at]):
            kind = "function"
        else:
            kind = _kind(self.plain[self.head_at:at], "data" in kinds, self.parens > 0)
        self.open.append((kind, self.head_at, self.parens))
        self.parens = 0
        if kind != "function":
            self.head_at = at + 1

    def _leave(self, at):
        kind, head_at, self.parens = self.open.pop()
        self.head_at = head_at if kind == "argument" else at + 1
        if kind == "function":
            self._note(head_at, at)

    def _continues(self, head_at, head):
        """Whether this brace goes on where the last one closed, as in `Queue() : size_{0} {}`: each
        member that is initialised with braces looks like a body, and the real body comes last."""
        return self.function_end == head_at - 1 and head.strip()[:1] in ("", ",")

    def _note(self, head_at, end):
        head = self.plain[head_at:self.plain.index("{", head_at)]
        last_line = self.plain.count("\n", 0, end) + 1
        if self._continues(head_at, head):
            before = self.found.pop()
            self.found.append(before._replace(lines=last_line - before.line + 1))
        else:
            start = head_at + _BEFORE_A_HEAD.match(head).end()
            line = self.plain.count("\n", 0, start) + 1
            words = " ".join(self.plain[start:head_at + len(head)].split())
            self.found.append(Function(line, last_line - line + 1, words))
        self.function_end = end


def _kind(head, in_data, in_parens):
    words = " ".join(head[_BEFORE_A_HEAD.match(head).end():].split())
    is_lambda = re.search(r"\[[^\[\]]*\]\s*(\([^{]*)?$", words) is not None
    if in_parens:
        return "function" if is_lambda else "argument"
    words = _without_pairs(re.sub(r"^template\b", "", words), "<>") if "template" in words else words
    if re.match(r" *(?:(?:inline )?namespace|class|struct|union|enum|extern *$)\b", words):
        return "scope"
    is_assigned = "=" in _without_pairs(re.sub(r"\boperator\s*[^\s\w(]+", "", words), "()")
    if in_data or is_assigned:
        return "function" if is_lambda else "data"
    return "function" if "(" in words else "data"


def _without_pairs(words, pair):
    """The words without what stands between a pair of brackets, nested ones too."""
    kept, depth = [], 0
    for character in words:
        depth += (character == pair[0])
        if depth == 0:
            kept.append(character)
        depth -= (character == pair[1])
    return "".join(kept)


def _blank(text):
    return re.sub(r"[^\n]", " ", text)

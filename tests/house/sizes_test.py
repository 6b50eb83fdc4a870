"""Files and functions that fit into a head."""

import ast
import statistics

import cpp
import rules
import tree
from house import HouseTest, main

CPP = (".h", ".cc", ".c")
SOURCES = CPP + (".py", ".js", ".mjs", ".cjs", ".html", ".css", ".build", ".sh", ".scd")


def lines_of(name):
    return len(tree.read(name).splitlines())


def sources():
    shell = [name for name, _ in tree.scripts()]
    return sorted({*tree.with_suffix(*SOURCES), *shell} - rules.GENERATED)


class Files(HouseTest):
    def test_no_file_is_too_long(self):
        wrong = [f"{name}: {lines_of(name)} lines, at most {rules.MAX_FILE_LINES}"
                 for name in sources() if lines_of(name) > rules.MAX_FILE_LINES]
        self.assert_none(wrong)

    def test_most_files_are_short(self):
        sizes = [lines_of(name) for name in tree.with_suffix(*CPP, under="src/")]
        median = statistics.median(sizes)
        print(f"src: {len(sizes)} files, median {median:g} lines, longest {max(sizes)}")
        self.assertLessEqual(median, rules.MAX_MEDIAN_FILE_LINES)


class Functions(HouseTest):
    def test_no_cpp_function_is_too_long(self):
        longest, wrong = 0, []
        for name in tree.with_suffix(*CPP):
            for function in cpp.functions(tree.read(name)):
                longest = max(longest, function.lines)
                if function.lines > rules.MAX_FUNCTION_LINES:
                    wrong.append(f"{name}:{function.line}: {function.lines} lines, "
                                 f"at most {rules.MAX_FUNCTION_LINES}: {function.head}")
        print(f"longest function: {longest} lines")
        self.assert_none(wrong)

    def test_no_python_function_is_too_long(self):
        wrong = []
        for name in self._python_files():
            for node in ast.walk(ast.parse(tree.read(name), name)):
                if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                    lines = node.end_lineno - node.lineno + 1
                    if lines > rules.MAX_FUNCTION_LINES:
                        wrong.append(f"{name}:{node.lineno}: {lines} lines: {node.name}")
        self.assert_none(wrong)

    def _python_files(self):
        interpreted = [name for name, line in tree.scripts() if "python" in line]
        return sorted({*tree.with_suffix(".py"), *interpreted})


if __name__ == "__main__":
    main()

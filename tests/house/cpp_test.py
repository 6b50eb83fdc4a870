"""The counting itself, held to samples: a rule is worth as much as what measures it."""

import unittest

import cpp
from house import main


def measured(text):
    return [(found.line, found.lines) for found in cpp.functions(text)]


class Functions(unittest.TestCase):
    def test_a_function_counts_from_its_head_to_its_brace(self):
        self.assertEqual(measured("int one() { return 1; }\n\nint two(int a,\n        int b) {\n"
                                  "  return a + b;\n}\n"), [(1, 1), (3, 4)])

    def test_members_count_and_their_class_does_not(self):
        self.assertEqual(measured("namespace n {\nclass Queue : public Base<int(int)> {\n public:\n"
                                  "  void clear() {\n    a();\n  }\n\n private:\n  int size_ = f();\n"
                                  "};\n}\n"), [(4, 3)])

    def test_braces_in_comments_and_literals_do_not_count(self):
        self.assertEqual(measured("void f() {\n  // }}}\n  say(\"}\", '}', R\"(})\");\n  /* } */\n}\n"),
                         [(1, 5)])

    def test_digit_separators_are_not_characters(self):
        self.assertEqual(measured("int f() {\n  return 1'000'000;\n}\nint g() { return '{'; }\n"),
                         [(1, 3), (4, 1)])

    def test_members_initialised_with_braces_belong_to_their_constructor(self):
        self.assertEqual(measured("Queue::Queue(Pool& pool)\n    : pool_{&pool}, size_{0} {\n"
                                  "  start();\n}\nvoid next() {\n}\n"), [(1, 4), (5, 2)])

    def test_tables_are_data_but_the_lambdas_in_them_are_functions(self):
        self.assertEqual(measured("const std::array kKeys = {\n  Key{\"a\", 1},\n"
                                  "  Key{\"b\", [](Config& c) {\n    return c.b;\n  }},\n};\n"), [(3, 3)])

    def test_default_arguments_and_operators_do_not_hide_a_function(self):
        self.assertEqual(measured("void f(Options o = {}, int n = g(1)) {\n}\n"
                                  "Queue& Queue::operator=(Queue&& o) noexcept {\n}\n"
                                  "template <typename T = int>\nvoid h() {\n}\n"),
                         [(1, 2), (3, 2), (5, 3)])

    def test_lambdas_and_local_classes_belong_to_the_function_around(self):
        self.assertEqual(measured("void f() {\n  struct Local { void g() {} };\n"
                                  "  run([&] { return 1; });\n}\n"), [(1, 4)])

    def test_test_cases_are_functions(self):
        self.assertEqual(measured("TEST_CASE(\"a { in a name\") {\n  CHECK(1 == 1);\n}\n"), [(1, 3)])

    def test_macros_are_passed_over(self):
        self.assertEqual(measured("#define OPEN(x) { \\\n  x {\nvoid f() {\n}\n"), [(3, 2)])

    def test_a_long_function_is_seen(self):
        text = "void f() {\n" + "  a();\n" * 80 + "}\n"
        self.assertEqual([found.lines for found in cpp.functions(text)], [82])


class Includes(unittest.TestCase):
    def test_both_kinds_are_found_and_comments_are_not(self):
        text = '#include "a/b.h"\n  # include <uv.h>  // why\n// #include "no.h"\n/*\n#include "no.h"\n*/\n'
        self.assertEqual(cpp.includes(text), [("a/b.h", True), ("uv.h", False)])


class Code(unittest.TestCase):
    def test_blanking_keeps_lines_and_columns(self):
        text = 'int a = 1; // new\nauto b = "delete";\n'
        self.assertEqual(len(cpp.code(text)), len(text))
        self.assertNotIn("new", cpp.code(text))
        self.assertNotIn("delete", cpp.code(text))


if __name__ == "__main__":
    main()

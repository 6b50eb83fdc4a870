#include "cli/table.h"

#include <doctest/doctest.h>

#include <sstream>
#include <string>

namespace pinion::cli {

namespace {

struct Page {
  std::ostringstream out, err;
  Terminal terminal{.out = out, .err = err};
};

Table example() {
  Table table{{{"NAME"}, {"STATE"}, {"COUNT", Align::right}}};
  table.add({"a-rather-long-name", {"up", Style::good}, "7"});
  table.add_line("a remark that is wider than all columns together, and then some");
  table.add({"\xc3\xbc", "down", "12345"});
  return table;
}

}  // namespace

TEST_CASE("columns are aligned, also with letters of two bytes") {
  const Page page;
  example().print(page.terminal);
  CHECK(page.out.str() ==
        "NAME                STATE  COUNT\n"
        "a-rather-long-name  up         7\n"
        "a remark that is wider than all columns together, and then some\n"
        "\xc3\xbc                   down   12345\n");
}

TEST_CASE("a narrow terminal cuts the first column") {
  Page page;
  page.terminal.width = 28;
  example().print(page.terminal);
  CHECK(page.out.str() ==
        "NAME            STATE  COUNT\n"
        "a-rather-long\xE2\x80\xA6  up         7\n"
        "a remark that is wider than\xE2\x80\xA6\n"
        "\xc3\xbc               down   12345\n");
}

TEST_CASE("a narrow terminal goes without spare columns, and keeps the first whole") {
  Page page;
  page.terminal.width = 26;
  Table table{{{"SID"},
               {"AGE", Align::right},
               {"RTT", Align::right, true},
               {"VIA"},
               {"QUEUED", Align::right, true}}};
  table.add({"MMr5J6lKvQ42aJ", "3s", "1.2ms", "ws", "12B"});
  table.print(page.terminal);
  CHECK(page.out.str() ==
        "SID             AGE  VIA\n"
        "MMr5J6lKvQ42aJ   3s  ws\n");
}

TEST_CASE("colours do not shift columns") {
  Page page;
  page.terminal.colours = true;
  Table table{{{"A"}, {"B", Align::right}}};
  table.add({{"x", Style::bad}, {"1", Style::good}});
  table.print(page.terminal);
  CHECK(page.out.str() == "\x1b[1mA\x1b[0m  \x1b[1mB\x1b[0m\n\x1b[31mx\x1b[0m  \x1b[32m1\x1b[0m\n");
}

TEST_CASE("what comes from outside cannot drive the terminal") {
  const Page page;
  Table table{{{"SID"}}};
  table.add({"\x1b]0;evil\x07\n"});
  table.print(page.terminal);
  CHECK(page.out.str() == "SID\n\\u001b]0;evil\\u0007\\n\n");
}

}  // namespace pinion::cli

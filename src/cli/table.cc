#include "cli/table.h"

#include <algorithm>
#include <numeric>
#include <ostream>
#include <utility>

#include "base/check.h"
#include "log/escape.h"

namespace pinion::cli {
namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kLeastFirst = 8;  // of the first column, however narrow the terminal

bool begins_point(char c) noexcept { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }

/// Columns that a text takes, one a code point.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, begins_point));
}

/// The text, or its beginning with an ellipsis.
std::string cut(const std::string& text, std::size_t width) {
  if (width_of(text) <= width) return text;
  std::size_t at = 0;
  for (std::size_t points = 0; at < text.size(); ++at) {
    if (begins_point(text[at]) && ++points == width) break;
  }
  return text.substr(0, at) + "\u2026";
}

}  // namespace

Cell::Cell(const std::string& cell_text, Style cell_style)
    : text(log::printable(cell_text)), style(cell_style) {}

std::string styled(const Terminal& terminal, std::string_view text, Style style) {
  constexpr std::string_view kCodes[] = {"", "\x1b[1m", "\x1b[32m", "\x1b[31m", "\x1b[33m"};
  if (!terminal.colours || style == Style::plain) return std::string(text);
  return std::string(kCodes[static_cast<std::size_t>(style)]).append(text).append("\x1b[0m");
}

Table::Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

void Table::add(std::vector<Cell> cells) {
  PINION_CHECK(cells.size() == columns_.size(), "a cell for each column");
  rows_.push_back({.cells = std::move(cells), .spans = false});
}

void Table::add_line(Cell line) { rows_.push_back({.cells = {std::move(line)}, .spans = true}); }

std::vector<std::size_t> Table::widths() const {
  std::vector<std::size_t> widths;
  widths.reserve(columns_.size());
  for (const Column& column : columns_) widths.push_back(width_of(column.title));
  for (const Row& row : rows_) {
    for (std::size_t i = 0; !row.spans && i < row.cells.size(); ++i) {
      widths[i] = std::max(widths[i], width_of(row.cells[i].text));
    }
  }
  return widths;
}

void Table::fit(std::vector<std::size_t>& widths, std::size_t room) const {
  std::size_t all = std::accumulate(widths.begin(), widths.end(), kGap * (widths.size() - 1));
  for (std::size_t i = columns_.size(); i-- > 1 && all > room;) {
    if (columns_[i].spare) all -= std::exchange(widths[i], 0) + kGap;
  }
  if (all <= room) return;
  const std::size_t others = all - widths[0];
  widths[0] = std::max(std::min(kLeastFirst, widths[0]), room > others ? room - others : 0);
}

void Table::print(const Terminal& terminal) const {
  auto width = widths();
  if (terminal.width != 0) fit(width, static_cast<std::size_t>(terminal.width));
  const auto print_row = [&](const std::vector<Cell>& cells) {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (width[i] == 0) continue;
      const std::string text = i == 0 ? cut(cells[i].text, width[0]) : cells[i].text;
      const std::string pad(width[i] - std::min(width[i], width_of(text)), ' ');
      const std::string shown = styled(terminal, text, cells[i].style);
      if (i > 0) line.append(kGap, ' ');
      line += columns_[i].align == Align::right ? pad + shown : shown + pad;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    terminal.out << line << '\n';
  };
  std::vector<Cell> titles;
  titles.reserve(columns_.size());
  for (const Column& column : columns_) {
    titles.emplace_back(std::string(column.title), Style::bold);
  }
  print_row(titles);
  for (const Row& row : rows_) {
    if (!row.spans) {
      print_row(row.cells);
      continue;
    }
    const Cell& line = row.cells.front();
    const auto room = static_cast<std::size_t>(terminal.width);
    terminal.out << styled(terminal, room == 0 ? line.text : cut(line.text, room), line.style)
                 << '\n';
  }
}

}  // namespace pinion::cli

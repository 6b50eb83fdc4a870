// Columns of text, as wide as their widest cell.
//
// Threads: a value.
// Invariants: each row has a cell for each column.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/terminal.h"

namespace pinion::cli {

enum class Align : unsigned char { left, right };
enum class Style : unsigned char { plain, bold, good, bad, odd };

struct Cell {
  Cell(const std::string& cell_text, Style cell_style = Style::plain);
  Cell(const char* cell_text) : Cell(std::string(cell_text)) {}

  std::string text;  // made printable
  Style style;
};

class Table {
 public:
  struct Column {
    std::string_view title;
    Align align = Align::left;
    bool spare = false;  // left out where it does not fit
  };

  explicit Table(std::vector<Column> columns);
  void add(std::vector<Cell> cells);
  /// A line of its own between the rows, such as a group's name or a remark.
  void add_line(Cell line);
  /// With the titles first. On a terminal that is too narrow spare columns are left out, the last
  /// first; if that is not enough, the first column is cut.
  void print(const Terminal& terminal) const;

 private:
  struct Row {
    std::vector<Cell> cells;
    bool spans = false;  // one cell over all columns
  };
  [[nodiscard]] std::vector<std::size_t> widths() const;
  /// Cuts widths down to the terminal; 0: that column is left out.
  void fit(std::vector<std::size_t>& widths, std::size_t room) const;

  std::vector<Column> columns_;
  std::vector<Row> rows_;
};

/// The text in its style, if the terminal shows colours.
std::string styled(const Terminal& terminal, std::string_view text, Style style);

}  // namespace pinion::cli

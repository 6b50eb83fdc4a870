#include "base/chunk_queue.h"

#include <doctest/doctest.h>

#include <random>
#include <string>

namespace pinion {

TEST_CASE("a chunk queue gives back what went in, whatever the pieces") {
  BufferBudget budget{0};
  ChunkPool pool{budget, 4};
  ChunkQueue queue{pool};
  std::mt19937 random{7};
  std::string in;
  std::string out;
  for (int round = 0; round < 300; ++round) {
    const std::string piece(random() % 40000, static_cast<char>('a' + round % 26));
    queue.append(piece);
    in += piece;
    while (queue.size() > random() % 50000) {
      const auto front = queue.front();
      const auto take = std::min<std::size_t>(front.size(), random() % 20000 + 1);
      out += front.substr(0, take);
      queue.consume(take);
    }
    CHECK(budget.used() <= queue.size() + 2 * Chunk::kCapacity);
  }
  while (!queue.empty()) {
    out += queue.front();
    queue.consume(queue.front().size());
  }
  CHECK(in == out);
  CHECK(budget.used() == 0);
}

TEST_CASE("clearing and destroying give every chunk back to the budget") {
  BufferBudget budget{100};
  ChunkPool pool{budget, 1};
  {
    ChunkQueue queue{pool};
    queue.append(std::string(100000, 'x'));
    CHECK(budget.exhausted());
    ChunkQueue moved{std::move(queue)};
    CHECK(moved.size() == 100000);
    moved.clear();
    CHECK(budget.used() == 0);
    moved.append("again");
    CHECK(moved.front() == "again");
  }
  CHECK(budget.used() == 0);
}

TEST_CASE("the pieces at the front are those that lie in one place each, as many as fit") {
  BufferBudget budget{0};
  ChunkPool pool{budget, 1};
  ChunkQueue queue{pool};
  std::array<std::string_view, 2> pieces{};
  CHECK(queue.front(pieces) == 0);
  queue.append(std::string(Chunk::kCapacity, 'a') + "bb");
  CHECK(queue.front(pieces) == 2);
  CHECK(pieces[0].size() == Chunk::kCapacity);
  CHECK(pieces[1] == "bb");
  queue.append(std::string(Chunk::kCapacity, 'c'));
  CHECK(queue.front(pieces) == 2);
  queue.consume(Chunk::kCapacity + 1);
  CHECK(queue.front(pieces) == 2);
  CHECK(pieces[0].substr(0, 2) == "bc");
  CHECK(pieces[0].size() + pieces[1].size() == queue.size());
}

}  // namespace pinion

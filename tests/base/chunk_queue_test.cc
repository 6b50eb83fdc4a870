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

TEST_CASE("popped chunks take their bytes out of the queue, in order") {
  BufferBudget budget{0};
  ChunkPool pool{budget, 1};
  ChunkQueue queue{pool};
  queue.append(std::string(Chunk::kCapacity, 'a') + "bb");
  auto first = queue.pop_chunk();
  REQUIRE(first != nullptr);
  CHECK(first->waiting().size() == Chunk::kCapacity);
  CHECK(queue.size() == 2);
  auto second = queue.pop_chunk();
  REQUIRE(second != nullptr);
  CHECK(second->waiting() == "bb");
  CHECK(queue.pop_chunk() == nullptr);
  CHECK(queue.empty());
  queue.append("fresh");
  CHECK(queue.front() == "fresh");
  pool.give_back(std::move(first));
  pool.give_back(std::move(second));
  queue.clear();
  CHECK(budget.used() == 0);
}

}  // namespace pinion

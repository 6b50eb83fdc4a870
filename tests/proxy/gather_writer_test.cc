#include "proxy/gather_writer.h"

#include <doctest/doctest.h>

#include "sink.h"

namespace pinion::proxy {

TEST_CASE("small and large pieces come out in their order") {
  test::Sink sink;
  const std::string large(5000, 'L');
  const std::string edge(2048, 'E');
  const std::string over(2049, 'O');
  const std::string out = sink.written([&](GatherWriter& writer) {
    writer.text() += "head ";
    writer.add("a");
    writer.add(large);
    writer.add("b");
    writer.add("");
    writer.add(edge);
    writer.add(over);
    writer.add("c");
  });
  CHECK(out == "head a" + large + "b" + edge + over + "c");
  CHECK(sink.scratch().empty());
}

TEST_CASE("nothing added is nothing written") {
  test::Sink sink;
  CHECK(sink.written([](GatherWriter&) {}).empty());
}

TEST_CASE("what was not flushed is forgotten, and does not reach the next writer") {
  test::Sink sink;
  {
    GatherWriter dropped(sink.pair().near, sink.scratch());
    dropped.add("lost");
  }
  CHECK(sink.written([](GatherWriter& writer) { writer.add("kept"); }) == "kept");
}

TEST_CASE("the first error of any write is told") {
  test::Sink sink;
  sink.pair().far.close();
  GatherWriter writer(sink.pair().near, sink.scratch());
  writer.add(std::string(5000, 'x'));
  writer.add("more");
  const int status = writer.flush();
  CHECK(status < 0);
  CHECK(writer.flush() == status);
}

}  // namespace pinion::proxy

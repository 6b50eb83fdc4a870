// What is written shortly before the end.
#include "stream_pair.h"

namespace pinion::uv {
namespace {

using test::run_until;
using test::StreamPair;

void read_all(StreamPair& pair, std::string& got) {
  CHECK(run_until(pair.loop, [&] {
    got += pair.far.take();
    return pair.far.eof || pair.far.error != 0;
  }));
  CHECK(pair.far.error == 0);
}

}  // namespace

TEST_CASE("last words wait for the end, which makes one segment with them") {
  StreamPair pair;
  CHECK(pair.near.write({"good", "bye"}, Follows::end) == 0);
  CHECK(pair.far.take().empty());
  pair.near.close();
  std::string got;
  read_all(pair, got);
  CHECK(got == "goodbye");
}

TEST_CASE("last words leave with a FIN that is sent alone, and before what is written after them") {
  StreamPair pair;
  CHECK(pair.near.write({"good"}, Follows::end) == 0);
  CHECK(pair.near.write({"bye"}) == 0);
  std::string got;
  CHECK(run_until(pair.loop, [&] { return (got += pair.far.take()) == "goodbye"; }));
  CHECK(pair.near.write({" again"}, Follows::end) == 0);
  pair.near.end();
  read_all(pair, got);
  CHECK(got == "goodbye again");
}

TEST_CASE("last words of which the socket refuses a part arrive whole") {
  StreamPair pair;
  const std::string written(std::size_t{8} * 1024 * 1024, 'x');
  CHECK(pair.near.write({written}, Follows::end) == 0);
  CHECK(pair.near.queued() > 0);
  CHECK(pair.near.queued() < written.size());
  std::string got;
  CHECK(run_until(pair.loop, [&] {
    got += pair.far.take();
    return got.size() == written.size();
  }));
  CHECK(got == written);
}

TEST_CASE("the last bytes are known as the last, before their end is told") {
  StreamPair pair;
  bool at_last = false;
  pair.events.on_any_read = [&] { at_last = pair.near.at_last(); };
  pair.far.send("one");
  pair.near.start_reading();
  CHECK(run_until(pair.loop, [&] { return pair.events.read == "one"; }));
  CHECK_FALSE(at_last);
  pair.near.stop_reading();
  pair.far.send("two");
  ::shutdown(pair.far.fd(), SHUT_WR);
  pair.near.start_reading();
  CHECK(run_until(pair.loop, [&] { return pair.events.ended.has_value(); }));
  CHECK(pair.events.read == "onetwo");
  CHECK(at_last);
  CHECK(*pair.events.ended == 0);
}

}  // namespace pinion::uv

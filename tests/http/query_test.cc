#include "http/query.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace pinion::http {
namespace {

std::vector<QueryPair> pairs_of(std::string_view query) {
  std::vector<QueryPair> pairs;
  QueryReader reader{query};
  for (QueryPair pair; reader.next(pair);) pairs.push_back(pair);
  return pairs;
}

}  // namespace

TEST_CASE("a query is read pair by pair, as it is written") {
  const auto pairs = pairs_of("a=b&%61=c%26&d&=e&f=g=h");
  REQUIRE(pairs.size() == 5);
  CHECK(pairs[0].name == "a");
  CHECK(pairs[0].value == "b");
  CHECK(pairs[1].text == "%61=c%26");
  CHECK(pairs[1].name == "%61");
  CHECK(pairs[1].value == "c%26");
  CHECK(pairs[2].name == "d");
  CHECK(pairs[2].value.empty());
  CHECK(pairs[3].name.empty());
  CHECK(pairs[3].value == "e");
  CHECK(pairs[4].value == "g=h");
}

TEST_CASE("the pairs joined are the query") {
  CHECK(pairs_of("").empty());
  for (const std::string query : {"a", "&", "a&", "&a", "a&&b", "a=1&b=2&", "=&=", "&&&"}) {
    CAPTURE(query);
    std::string joined;
    const auto pairs = pairs_of(query);
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      if (i > 0) joined += '&';
      joined += pairs[i].text;
    }
    CHECK(joined == query);
  }
}

TEST_CASE("a name is known in whatever way it is encoded") {
  CHECK(reads_as("sid", "sid"));
  CHECK(reads_as("%73id", "sid"));
  CHECK(reads_as("%73%69%64", "sid"));
  CHECK(reads_as("", ""));
  CHECK_FALSE(reads_as("", "sid"));
  CHECK_FALSE(reads_as("SID", "sid"));
  CHECK_FALSE(reads_as("sid+", "sid"));
  CHECK_FALSE(reads_as("%2573id", "sid"));
  CHECK_FALSE(reads_as("%73idx", "sid"));
  CHECK_FALSE(reads_as("%7sid", "sid"));
  CHECK_FALSE(reads_as("sid%00", "sid"));
}

}  // namespace pinion::http

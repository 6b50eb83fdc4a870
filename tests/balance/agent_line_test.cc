#include "balance/agent_line.h"

#include <doctest/doctest.h>

#include "balance/reported.h"

namespace pinion::balance {

TEST_CASE("the words of an agent") {
  CHECK(parse_agent_line("75%")->percent == 75U);
  CHECK_FALSE(parse_agent_line("75%")->stance);
  CHECK(parse_agent_line("150%")->percent == 150U);
  CHECK(parse_agent_line("4000000000%")->percent == 1000U);
  CHECK(parse_agent_line("drain")->stance == Stance::drain);
  CHECK(parse_agent_line("maint")->stance == Stance::maintenance);
  CHECK(parse_agent_line("ready\r")->stance == Stance::ready);
  CHECK(parse_agent_line("maxconn:30")->max_sessions == 30U);
  const auto all = parse_agent_line("up\tready,50%  maxconn:10");
  REQUIRE(all);
  CHECK(all->stance == Stance::ready);
  CHECK(all->percent == 50U);
  CHECK(all->max_sessions == 10U);
  CHECK(parse_agent_line("up drain")->stance == Stance::drain);
  CHECK(parse_agent_line("drain up")->stance == Stance::drain);
}

TEST_CASE("an agent may say why") {
  for (const char* const text : {"down", "down#out of memory", "failed # 100% full", "stopped#"}) {
    CAPTURE(text);
    REQUIRE(parse_agent_line(text));
    CHECK(parse_agent_line(text)->stance == Stance::down);
    CHECK_FALSE(parse_agent_line(text)->percent);
  }
}

TEST_CASE("a line with a word that is not known is no line") {
  for (const char* const text :
       {"", " , ", "#", "hello", "75", "%", "-5%", "7.5%", "99999999999%", "maxconn:", "maxconn:x",
        "ready hello", "HTTP/1.1 200 OK", "DRAIN"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_agent_line(text));
  }
}

TEST_CASE("what an agent leaves out stays as it was") {
  AgentWord word;
  CHECK_FALSE(word.wants_no_sessions());
  CHECK(word.take(*parse_agent_line("drain")));
  CHECK_FALSE(word.take(*parse_agent_line("50%")));
  CHECK(word.stance() == Stance::drain);
  CHECK(word.percent() == 50);
  CHECK(word.wants_no_sessions());
  CHECK(word.take(*parse_agent_line("ready maxconn:7")));
  CHECK_FALSE(word.wants_no_sessions());
  CHECK(word.max_sessions() == 7);
  word.take(*parse_agent_line("0%"));
  CHECK(word.wants_no_sessions());
  word.forget();
  CHECK(word.percent() == 100);
  CHECK(word.max_sessions() == 0);
}

TEST_CASE("a report of the load is believed for a while") {
  ReportedLoad load;
  const TimePoint now{std::chrono::hours{1}};
  CHECK_FALSE(load.get(now));
  const ReportRules rules{.metric = "", .full = 1, .believed = std::chrono::seconds{10}};
  load.take("TEXT cpu_utilization=0.75", rules, 4, now);
  CHECK(load.get(now) == 0.75);
  CHECK(load.expected(4, now) == 0.75);
  CHECK(load.expected(8, now) == 1.5);
  CHECK(load.expected(0, now) == 0.0);
  CHECK(load.get(now + std::chrono::seconds{9}) == 0.75);
  CHECK_FALSE(load.get(now + std::chrono::seconds{10}));
  load.take("what is this", rules, 4, now + std::chrono::seconds{10});
  CHECK_FALSE(load.get(now + std::chrono::seconds{10}));
  CHECK(load.taken() == 1);
  CHECK(load.unread() == 1);
}

}  // namespace pinion::balance

#include "balance/agent_line.h"

#include <doctest/doctest.h>

#include "balance/reported.h"

namespace pinion::balance {

namespace {

// Of a line that has nothing but words that are known.
AgentLine line_of(std::string_view text) {
  CAPTURE(text);
  const AgentAnswer answer = parse_agent_line(text);
  REQUIRE(answer.line);
  CHECK(answer.unknown.empty());
  return *answer.line;
}

Stance stance_after(std::initializer_list<const char*> lines) {
  AgentWord word;
  for (const char* const line : lines) word.take(line_of(line));
  return word.stance();
}

}  // namespace

TEST_CASE("the words of an agent") {
  CHECK(line_of("75%") == AgentLine{.percent = 75});
  CHECK(line_of("150%").percent == 150U);
  CHECK(line_of("4000000000%").percent == 1000U);
  CHECK(line_of("drain") == AgentLine{.admin = AdminState::drain});
  CHECK(line_of("maint") == AgentLine{.admin = AdminState::maintenance});
  CHECK(line_of("ready\r") == AgentLine{.admin = AdminState::ready});
  CHECK(line_of("up") == AgentLine{.up = true});
  CHECK(line_of("maxconn:30") == AgentLine{.max_sessions = 30});
  CHECK(line_of("up\tready,50%  maxconn:10") ==
        AgentLine{.up = true, .admin = AdminState::ready, .percent = 50, .max_sessions = 10});
}

TEST_CASE("the case of an agent's words does not matter") {
  CHECK(line_of("DRAIN Down") == AgentLine{.up = false, .admin = AdminState::drain});
  CHECK(line_of("MaxConn:30").max_sessions == 30U);
}

TEST_CASE("of words for the same the last holds") {
  CHECK(line_of("drain ready").admin == AdminState::ready);
  CHECK(line_of("ready maint").admin == AdminState::maintenance);
  CHECK(line_of("down up").up == true);
  CHECK(line_of("50% 20%").percent == 20U);
}

TEST_CASE("an agent may say why") {
  for (const char* const text :
       {"down", "down#out of memory", "fail # 100% full", "failed", "stopped#"}) {
    CHECK(line_of(text) == AgentLine{.up = false});
  }
}

TEST_CASE("a line without a word that is known is no line") {
  for (const char* const text : {"", " , ", "#", "# ready"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_agent_line(text).line);
    CHECK(parse_agent_line(text).unknown.empty());
  }
  for (const char* const text : {"hello", "75", "%", "-5%", "7.5%", "99999999999%",
                                 "maxconn:", "maxconn:x", "maxcon", "upp"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_agent_line(text).line);
    CHECK(parse_agent_line(text).unknown == text);
  }
  CHECK(parse_agent_line("HTTP/1.1 200 OK").unknown == "HTTP/1.1");
}

TEST_CASE("a word that is not known leaves the rest of its line") {
  const AgentAnswer answer = parse_agent_line("up hello 50% maxconn:x drain");
  CHECK(answer.line ==
        AgentLine{.up = true, .admin = AdminState::drain, .percent = 50, .max_sessions = {}});
  CHECK(answer.unknown == "hello");
}

TEST_CASE("what an agent says of health and what it wants done are two things") {
  CHECK(stance_after({"drain", "up"}) == Stance::drain);
  CHECK(stance_after({"maint", "down"}) == Stance::down);
  CHECK(stance_after({"maint", "down", "up"}) == Stance::maintenance);
  CHECK(stance_after({"down", "ready"}) == Stance::down);
  CHECK(stance_after({"down", "100%"}) == Stance::down);
  CHECK(stance_after({"maint", "down", "up ready"}) == Stance::ready);
}

TEST_CASE("what an agent leaves out stays as it was") {
  AgentWord word;
  CHECK_FALSE(word.wants_no_sessions());
  CHECK_FALSE(word.heard());
  CHECK(word.take(line_of("drain")));
  CHECK(word.heard());
  CHECK_FALSE(word.take(line_of("50%")));
  CHECK(word.stance() == Stance::drain);
  CHECK(word.percent() == 50);
  CHECK(word.wants_no_sessions());
  CHECK(word.take(line_of("ready maxconn:7")));
  CHECK_FALSE(word.wants_no_sessions());
  CHECK(word.max_sessions() == 7);
  word.take(line_of("0%"));
  CHECK(word.wants_no_sessions());
  word.take(line_of("down"));
  word.forget();
  CHECK_FALSE(word.heard());
  CHECK_FALSE(word.wants_no_sessions());
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
  CHECK(load.expected(4, 0, now) == 0.75);
  CHECK(load.expected(8, 0, now) == 1.5);
  CHECK(load.expected(0, 0, now) == 0.0);
  CHECK(load.get(now + std::chrono::seconds{9}) == 0.75);
  CHECK_FALSE(load.get(now + std::chrono::seconds{10}));
  load.take("what is this", rules, 4, now + std::chrono::seconds{10});
  CHECK_FALSE(load.get(now + std::chrono::seconds{10}));
  CHECK(load.taken() == 1);
  CHECK(load.unread() == 1);
}

TEST_CASE("some of what is reported may be there without any session") {
  ReportedLoad load;
  const TimePoint now{std::chrono::hours{1}};
  const ReportRules rules{.metric = "", .full = 1, .believed = std::chrono::seconds{10}};
  load.take("TEXT cpu_utilization=0.5", rules, 0, now);
  CHECK(load.expected(1, 0, now) == 1.0);
  CHECK(load.expected(1, 0.25, now) == 0.75);
  load.take("TEXT cpu_utilization=0.5", rules, 1, now);
  CHECK(load.expected(2, 0.25, now) == 0.75);
  CHECK(load.expected(0, 0.25, now) == 0.25);
  // No more than here.
  CHECK(load.expected(2, 2, now) == 1.0);
}

}  // namespace pinion::balance

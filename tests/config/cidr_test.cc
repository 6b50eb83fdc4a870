#include "config/cidr.h"

#include <doctest/doctest.h>

#include <initializer_list>
#include <string>

namespace pinion::config {
namespace {

std::vector<Cidr> networks(std::initializer_list<const char*> texts) {
  std::vector<Cidr> list;
  for (const auto* text : texts) list.push_back(parse_cidr(text).value());
  return list;
}

}  // namespace

TEST_CASE("networks read and print the same") {
  for (const auto* text :
       {"10.0.0.0/8", "0.0.0.0/0", "192.168.1.7/32", "::1/128", "fd00::/8", "::/0", "unix:"}) {
    CHECK(to_text(parse_cidr(text).value()) == text);
  }
  CHECK(to_text(parse_cidr("10.1.2.3").value()) == "10.1.2.3/32");
  CHECK(to_text(parse_cidr("::1").value()) == "::1/128");
  CHECK(to_text(parse_cidr("::ffff:10.0.0.0/104").value()) == "10.0.0.0/8");
}

TEST_CASE("what is no network is told what is wrong with it") {
  for (const auto* bad :
       {"", "bla", "10.0.0/8", "10.0.0.256", "[::1]", "localhost", "fe80::1%eth0"}) {
    CAPTURE(bad);
    CHECK(parse_cidr(bad).error().find("is no network") != std::string::npos);
  }
  for (const auto* bad : {"10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8/8"}) {
    CAPTURE(bad);
    CHECK(parse_cidr(bad).error().find("needs a prefix length from 0 to 32") != std::string::npos);
  }
  CHECK(parse_cidr("::/129").error().find("from 0 to 128") != std::string::npos);
  CHECK(parse_cidr("10.0.0.5/8").error() ==
        "\"10.0.0.5/8\" has bits set behind its prefix, write \"10.0.0.0/8\"");
}

TEST_CASE("a peer is trusted when one of the networks holds it") {
  const auto list = networks({"10.0.0.0/8", "192.168.1.128/25", "::1", "fd00:1::/33"});
  for (const auto* peer : {"10.0.0.0", "10.255.255.255", "192.168.1.128", "192.168.1.255", "::1",
                           "fd00:1:7fff::1", "::ffff:10.1.2.3", "fd00:1::2%eth0"}) {
    CAPTURE(peer);
    CHECK(trusted(list, peer));
  }
  for (const auto* peer : {"11.0.0.0", "192.168.1.127", "::2", "fd00:1:8000::", "::ffff:11.0.0.1",
                           "", "10.0.0.1:80", "bla"}) {
    CAPTURE(peer);
    CHECK_FALSE(trusted(list, peer));
  }
  CHECK_FALSE(trusted({}, "127.0.0.1"));
}

TEST_CASE("IPv4 and IPv6 do not hold each other, and unix sockets have their own word") {
  CHECK(trusted(networks({"0.0.0.0/0"}), "1.2.3.4"));
  CHECK_FALSE(trusted(networks({"0.0.0.0/0"}), "::1"));
  CHECK_FALSE(trusted(networks({"::/0"}), "1.2.3.4"));
  CHECK(trusted(networks({"unix:"}), ""));
  CHECK_FALSE(trusted(networks({"unix:"}), "0.0.0.0"));
}

}  // namespace pinion::config

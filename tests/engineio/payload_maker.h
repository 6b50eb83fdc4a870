// Writes payloads as Engine.IO servers and clients do, for tests that compare what pinion reads
// with what was written. Made from the protocol documents and independent of pinion's own decoders.
//
// Threads: pure functions but for the random numbers.
#pragma once

#include <cstddef>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "engineio/packet_scanner.h"

namespace pinion::engineio::test {

std::string utf8(std::u32string_view text);
/// `length` of the same text in JavaScript.
std::size_t utf16_length(std::u32string_view text);

/// Any text of up to `longest` characters out of those that are awkward somewhere.
std::u32string random_text(std::mt19937& random, std::size_t longest);
/// A JSON string literal, quotes included, each character written in one of the ways there are.
std::u32string json_literal(std::u32string_view text, std::mt19937& random);

/// A body with these packets. The first character of a packet is its type; in binary framing a
/// packet becomes data instead of text now and then.
std::string encode(const std::vector<std::u32string>& packets, const PacketScanner::Body& body,
                   std::mt19937& random);

/// All kinds of body that are not opaque.
std::vector<PacketScanner::Body> body_kinds();

}  // namespace pinion::engineio::test

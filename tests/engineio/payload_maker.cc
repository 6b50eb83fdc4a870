#include "payload_maker.h"

#include <array>

namespace pinion::engineio::test {
namespace {

constexpr char32_t kAwkward[] = {U'0', U'1', U'2',  U'4',      U'6',      U'b',         U'n',
                                 U':', U'"', U'\\', U'\n',     U' ',      U'+',         U'%',
                                 U'&', U'=', U'/',  U'{',      U'}',      U'[',         U']',
                                 U',', U'x', U'\t', U'\u00E9', U'\u20AC', U'\u2028',    U'\uFFFD',
                                 U'?', U'-', U'd',  U'\u07FF', U'\uE000', U'\U0001F600'};

std::u32string unicode_escape(char32_t c) {
  constexpr std::u32string_view kDigits = U"0123456789abcdefABCDEF";
  const auto unit = [&](char32_t value) {
    std::u32string text = U"\\u";
    for (const unsigned shift : {12U, 8U, 4U, 0U}) text.push_back(kDigits[(value >> shift) & 0xFU]);
    return text;
  };
  if (c < 0x10000) return unit(c);
  return unit(0xD800 + ((c - 0x10000) >> 10U)) + unit(0xDC00 + ((c - 0x10000) & 0x3FFU));
}

/// In a literal of either language, without the quotes.
std::u32string escaped(std::u32string_view text, std::mt19937& random) {
  std::u32string out;
  for (const char32_t c : text) {
    const bool must_escape = (c < 0x20 && c != U'\n') || c == U'\u2028';
    if (must_escape || random() % 8 == 0) {
      out += unicode_escape(c);
    } else if (c == U'"' || c == U'\\' || (c == U'/' && random() % 2 == 0)) {
      out += {U'\\', c};
    } else if (c == U'\n') {
      out += U"\\n";
    } else {
      out.push_back(c);
    }
  }
  return out;
}

/// engine.io-client 3, transports/polling-jsonp.js, doWrite.
std::u32string escape_newlines(std::u32string_view text) {
  std::u32string once;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text.substr(i, 2) == U"\\n";
    once += escape ? U"\\\n" : std::u32string(1, text[i]);
    if (escape) ++i;
  }
  std::u32string twice;
  for (const char32_t c : once) twice += c == U'\n' ? U"\\n" : std::u32string(1, c);
  return twice;
}

std::string form_encoded(std::string_view text, std::mt19937& random) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool safe = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    if (safe && random() % 8 != 0) {
      out.push_back(c);
    } else if (c == ' ' && random() % 2 == 0) {
      out.push_back('+');
    } else {
      out += {'%', kDigits[byte >> 4U], kDigits[byte & 0xFU]};
    }
  }
  return out;
}

std::string binary_framed(std::u32string_view packet, std::mt19937& random) {
  std::string bytes = utf8(packet);
  const bool data = !bytes.empty() && bytes[0] >= '0' && bytes[0] <= '6' && random() % 3 == 0;
  if (data) bytes[0] = static_cast<char>(bytes[0] - '0');
  std::string out(1, data ? '\1' : '\0');
  for (const char digit : std::to_string(bytes.size())) {
    out.push_back(static_cast<char>(digit - '0'));
  }
  return out + '\xFF' + bytes;
}

}  // namespace

std::string utf8(std::u32string_view text) {
  std::string out;
  for (const char32_t c : text) {
    const auto tail = [&](unsigned shift) {
      out.push_back(static_cast<char>(0x80U | ((c >> shift) & 0x3FU)));
    };
    if (c < 0x80) {
      out.push_back(static_cast<char>(c));
    } else if (c < 0x800) {
      out.push_back(static_cast<char>(0xC0U | (c >> 6U)));
      tail(0);
    } else if (c < 0x10000) {
      out.push_back(static_cast<char>(0xE0U | (c >> 12U)));
      tail(6), tail(0);
    } else {
      out.push_back(static_cast<char>(0xF0U | (c >> 18U)));
      tail(12), tail(6), tail(0);
    }
  }
  return out;
}

std::size_t utf16_length(std::u32string_view text) {
  std::size_t units = 0;
  for (const char32_t c : text) units += c >= 0x10000 ? 2 : 1;
  return units;
}

std::u32string random_text(std::mt19937& random, std::size_t longest) {
  std::u32string text;
  for (std::size_t i = random() % (longest + 1); i > 0; --i) {
    text.push_back(kAwkward[random() % std::size(kAwkward)]);
  }
  return text;
}

std::u32string json_literal(std::u32string_view text, std::mt19937& random) {
  return U'"' + escaped(text, random) + U'"';
}

std::string encode(const std::vector<std::u32string>& packets, const PacketScanner::Body& body,
                   std::mt19937& random) {
  std::u32string payload;
  std::string framed;
  for (std::size_t i = 0; i < packets.size(); ++i) {
    const std::u32string& packet = packets[i];
    if (body.revision == 4) {
      payload += (i == 0 ? U"" : U"\x1E") + packet;
    } else if (body.binary) {
      framed += binary_framed(packet, random);
    } else {
      for (const char digit : std::to_string(utf16_length(packet))) {
        payload.push_back(static_cast<char32_t>(digit));
      }
      payload += U':' + packet;
    }
  }
  if (body.jsonp_answer) return "___eio[7](\"" + utf8(escaped(payload, random)) + "\");";
  if (body.jsonp_post) return "d=" + form_encoded(utf8(escape_newlines(payload)), random);
  return body.revision == 3 && body.binary ? framed : utf8(payload);
}

std::vector<PacketScanner::Body> body_kinds() {
  std::vector<PacketScanner::Body> kinds;
  for (const int revision : {3, 4}) {
    kinds.push_back({.revision = revision});
    kinds.push_back({.revision = revision, .jsonp_post = true});
    kinds.push_back({.revision = revision, .jsonp_answer = true});
  }
  kinds.push_back({.revision = 3, .binary = true});
  return kinds;
}

}  // namespace pinion::engineio::test

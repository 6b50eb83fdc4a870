#include "frames.h"

#include <algorithm>
#include <array>

namespace pinion::bench {
namespace {

constexpr std::array<char, 4> kKey = {0x37, 0x5a, 0x21, 0x6d};
constexpr std::size_t kShort = 125, kTwoBytes = 126, kEightBytes = 127;
constexpr unsigned kFin = 0x80, kReserved = 0x70, kMaskBit = 0x80, kOpcodeBits = 0x0f;

void append_number(std::string& out, std::uint64_t value, unsigned bytes) {
  for (unsigned i = bytes; i-- > 0;) out.push_back(static_cast<char>(value >> (8 * i) & 0xffU));
}

std::uint64_t number(std::string_view bytes) {
  std::uint64_t out = 0;
  for (const char byte : bytes) out = out << 8U | static_cast<unsigned char>(byte);
  return out;
}

bool known(unsigned first) {
  const unsigned opcode = first & kOpcodeBits;
  return (first & kReserved) == 0 && (opcode <= 2 || (opcode >= 8 && opcode <= 10));
}

}  // namespace

void append_frame(std::string& out, Opcode opcode, std::string_view payload, Masked masked) {
  const unsigned mask_bit = masked == Masked::kYes ? kMaskBit : 0;
  out.push_back(static_cast<char>(kFin | static_cast<unsigned>(opcode)));
  if (payload.size() <= kShort) {
    out.push_back(static_cast<char>(mask_bit | payload.size()));
  } else if (payload.size() <= 0xffff) {
    out.push_back(static_cast<char>(mask_bit | kTwoBytes));
    append_number(out, payload.size(), 2);
  } else {
    out.push_back(static_cast<char>(mask_bit | kEightBytes));
    append_number(out, payload.size(), 8);
  }
  if (masked == Masked::kNo) {
    out.append(payload);
    return;
  }
  out.append(kKey.data(), kKey.size());
  for (std::size_t i = 0; i < payload.size(); ++i) {
    out.push_back(static_cast<char>(payload[i] ^ kKey[i % kKey.size()]));
  }
}

bool FrameReader::step(std::string_view& bytes) {
  if (skipping_) return skip(bytes);
  std::size_t used = 0;
  if (carried_.empty()) {
    if (cut(bytes, used)) {
      bytes.remove_prefix(used);
      return skipping_ ? skip(bytes) : true;
    }
    if (!broken_) carried_.assign(bytes);
    bytes = {};
    return broken_;
  }
  const std::size_t before = carried_.size();
  carried_.append(bytes.substr(0, kKept + 16));
  if (!cut(carried_, used)) {
    // Nothing is complete in more bytes than a kept frame has: then all of them have been carried.
    bytes = {};
    return broken_;
  }
  bytes.remove_prefix(used - before);
  // The payload may point into the carried bytes, so they stay in a string of their own.
  if (!skipping_ && unmasked_.empty()) {
    unmasked_.assign(frame_.payload);
    frame_.payload = unmasked_;
  }
  carried_.clear();
  return skipping_ ? skip(bytes) : true;
}

bool FrameReader::skip(std::string_view& bytes) {
  const auto gone = std::min<std::uint64_t>(to_skip_, bytes.size());
  to_skip_ -= gone;
  bytes.remove_prefix(static_cast<std::size_t>(gone));
  skipping_ = to_skip_ > 0;
  return !skipping_;
}

/// Finds a whole frame, or at least the head of one whose payload is not kept, at the front.
bool FrameReader::cut(std::string_view source, std::size_t& used) {
  if (source.size() < 2) return false;
  const auto first = static_cast<unsigned char>(source[0]);
  const auto second = static_cast<unsigned char>(source[1]);
  if (!known(first)) {
    broken_ = true;
    return false;
  }
  const bool masked = (second & kMaskBit) != 0;
  const std::size_t stated = second & 0x7fU;
  const std::size_t wide = stated == kTwoBytes ? 2 : stated == kEightBytes ? 8 : 0;
  const std::size_t head = 2 + wide + (masked ? kKey.size() : 0);
  if (source.size() < head) return false;
  const std::uint64_t length = wide == 0 ? stated : number(source.substr(2, wide));
  if (length <= kKept && source.size() < head + length) return false;
  frame_ = {static_cast<Opcode>(first & kOpcodeBits), length, {}};
  unmasked_.clear();
  if (length > kKept) {
    skipping_ = true;
    to_skip_ = length;
    used = head;
    return true;
  }
  const auto raw = source.substr(head, static_cast<std::size_t>(length));
  take_payload(raw, masked ? source.data() + head - kKey.size() : nullptr);
  used = head + raw.size();
  return true;
}

void FrameReader::take_payload(std::string_view raw, const char* mask) {
  frame_.payload = raw;
  if (mask == nullptr) return;
  unmasked_.resize(raw.size());
  for (std::size_t i = 0; i < raw.size(); ++i) {
    unmasked_[i] = static_cast<char>(raw[i] ^ mask[i % kKey.size()]);
  }
  frame_.payload = unmasked_;
}

}  // namespace pinion::bench

#include "rules/codec.h"

#include <bit>

namespace tightrope::rules {

void ByteWriter::varint(std::uint64_t value) {
  while (value >= 0x80) {
    byte(static_cast<std::uint8_t>(value | 0x80));
    value >>= 7;
  }
  byte(static_cast<std::uint8_t>(value));
}

void ByteWriter::signed_varint(std::int64_t value) {
  varint(zigzag(value));
}

void ByteWriter::fixed64(double value) {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  for (int shift = 0; shift < 64; shift += 8) byte(static_cast<std::uint8_t>(bits >> shift));
}

void ByteWriter::string(std::string_view value) {
  varint(value.size());
  bytes_.append(value);
}

void ByteReader::fail() noexcept {
  ok_ = false;
  rest_ = {};
}

std::uint8_t ByteReader::byte() noexcept {
  if (rest_.empty()) {
    fail();
    return 0;
  }
  const auto value = static_cast<std::uint8_t>(rest_.front());
  rest_.remove_prefix(1);
  return value;
}

bool ByteReader::boolean() noexcept {
  const std::uint8_t value = byte();
  if (value > 1) fail();
  return ok_ && value == 1;
}

std::uint64_t ByteReader::varint() noexcept {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    const std::uint8_t next = byte();
    if (!ok_) return 0;
    // The tenth byte holds the 64th bit alone. A last byte of zero after others adds nothing: each number has
    // one spelling, so that equal records are equal bytes in both directions.
    if ((shift == 63 && next > 1) || (shift > 0 && next == 0)) break;
    value |= static_cast<std::uint64_t>(next & 0x7f) << shift;
    if (next < 0x80) return value;
  }
  fail();
  return 0;
}

std::int64_t ByteReader::signed_varint() noexcept {
  return unzigzag(varint());
}

std::uint64_t ByteReader::varint_up_to(std::uint64_t most) noexcept {
  const std::uint64_t value = varint();
  if (value <= most) return value;
  fail();
  return 0;
}

std::int64_t ByteReader::signed_varint_in(std::int64_t least, std::int64_t most) noexcept {
  const std::int64_t value = signed_varint();
  if (ok_ && least <= value && value <= most) return value;
  fail();
  return least;
}

double ByteReader::fixed64() noexcept {
  const std::string_view bytes = raw(8);
  std::uint64_t bits = 0;
  for (std::size_t i = bytes.size(); i > 0; --i) bits = bits << 8 | static_cast<std::uint8_t>(bytes[i - 1]);
  return std::bit_cast<double>(bits);
}

std::string_view ByteReader::raw(std::size_t length) noexcept {
  if (length > rest_.size()) {
    fail();
    return {};
  }
  const std::string_view bytes = rest_.substr(0, length);
  rest_.remove_prefix(length);
  return bytes;
}

std::string_view ByteReader::string() noexcept {
  const std::uint64_t length = varint();
  if (length > rest_.size()) {
    fail();
    return {};
  }
  return raw(static_cast<std::size_t>(length));
}

std::size_t ByteReader::count(std::size_t bytes_each) noexcept {
  const std::uint64_t elements = varint();
  if (elements > rest_.size() / bytes_each) {
    fail();
    return 0;
  }
  return static_cast<std::size_t>(elements);
}

}  // namespace tightrope::rules

// Bytes of records that are kept: the journal's events and the engine's snapshots. Integers are
// variable-length, seven bits a byte from the low end, so that small numbers cost one byte; doubles are their
// eight bits, little-endian; text is its length and its bytes. Equal values give equal bytes, on every
// machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace tightrope::rules {

// Small numbers of either sign as small numbers: 0, -1, 1, -2 become 0, 1, 2, 3.
constexpr std::uint64_t zigzag(std::int64_t value) noexcept {
  return (static_cast<std::uint64_t>(value) << 1) ^ (value < 0 ? ~std::uint64_t{0} : std::uint64_t{0});
}
constexpr std::int64_t unzigzag(std::uint64_t bits) noexcept {
  return static_cast<std::int64_t>((bits >> 1) ^ (~(bits & 1) + 1));
}

// Appends values to a string of bytes. Never fails.
class ByteWriter {
 public:
  void byte(std::uint8_t value) { bytes_.push_back(static_cast<char>(value)); }
  void boolean(bool value) { byte(value ? 1 : 0); }
  void varint(std::uint64_t value);
  // As its zigzag: small numbers of either sign are short.
  void signed_varint(std::int64_t value);
  // The bits of the double: NaN and -0.0 come back as they were.
  void fixed64(double value);
  void string(std::string_view value);
  // As they are, without a length.
  void raw(std::string_view bytes) { bytes_.append(bytes); }

  const std::string& bytes() const noexcept { return bytes_; }
  std::string take() && { return std::move(bytes_); }

 private:
  std::string bytes_;
};

// Reads what ByteWriter wrote, from bytes that it borrows. Nothing is trusted: reading past the end, a varint
// of more than 64 bits or of more bytes than it needs, a boolean other than 0 and 1, or a length beyond the
// end makes the reader fail. A failed reader stays failed and gives zeros and empty strings; so read a whole
// record and ask ok() at its end.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) noexcept : rest_(bytes) {}

  std::uint8_t byte() noexcept;
  bool boolean() noexcept;
  std::uint64_t varint() noexcept;
  std::int64_t signed_varint() noexcept;
  // A varint that must lie in the range, both ends included; else the reader fails and gives its least.
  std::uint64_t varint_up_to(std::uint64_t most) noexcept;
  std::int64_t signed_varint_in(std::int64_t least, std::int64_t most) noexcept;
  double fixed64() noexcept;
  // Borrowed from the bytes read.
  std::string_view string() noexcept;
  std::string_view raw(std::size_t length) noexcept;

  // How many elements follow, when each takes at least `bytes_each` (1 or more) of what is left: a number
  // that cannot be true fails, so that garbage cannot make the caller reserve memory.
  std::size_t count(std::size_t bytes_each) noexcept;

  void fail() noexcept;
  bool ok() const noexcept { return ok_; }
  // Nothing is left, and nothing was wrong.
  bool finished() const noexcept { return ok_ && rest_.empty(); }
  std::size_t remaining() const noexcept { return rest_.size(); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace tightrope::rules

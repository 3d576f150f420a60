// Bytes of a file or a body, made into UTF-8 text: unpacked, and freed of byte-order marks.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace tightrope::collectors {

// Gzip is known by its first bytes; so are UTF-16 (either way round) and the UTF-8 mark. Text without a mark
// is passed on as it is, valid or not.
class TextDecoder {
 public:
  // `most_bytes` bounds the text after unpacking, so that a small file cannot become a huge one.
  explicit TextDecoder(std::uint64_t most_bytes);
  ~TextDecoder();
  TextDecoder(const TextDecoder&) = delete;
  TextDecoder& operator=(const TextDecoder&) = delete;

  // Appends what the bytes say to `text`; an error when they cannot be read. After one, nothing more is to be
  // fed.
  std::optional<std::string> feed(std::string_view bytes, std::string& text);
  // No bytes follow. An error when something is cut short.
  std::optional<std::string> finish(std::string& text);

 private:
  class Gunzip;
  enum class Encoding : std::uint8_t { unknown, utf8, utf16_little, utf16_big };
  std::optional<std::string> take_unpacked(std::string_view bytes, std::string& text);
  void decode(std::string& text, bool last);
  void decode_utf16(std::string& text);

  std::uint64_t most_bytes_;
  std::uint64_t unpacked_bytes_ = 0;
  bool packing_known_ = false;
  std::string first_bytes_;  // until the packing is known
  std::unique_ptr<Gunzip> gunzip_;
  Encoding encoding_ = Encoding::unknown;
  std::string undecoded_;
  char32_t high_surrogate_ = 0;
};

}  // namespace tightrope::collectors

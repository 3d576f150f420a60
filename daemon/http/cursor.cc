#include "daemon/http/cursor.h"

#include "rules/codec.h"

namespace tightrope::daemon::http {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";
constexpr std::size_t kMostTexts = 32;
constexpr std::size_t kMostBytes = 4 << 10;

}  // namespace

std::string encode_cursor(const CursorKey& key) {
  rules::ByteWriter out;
  out.varint(key.size());
  for (const std::string& text : key) out.string(text);
  std::string result;
  result.reserve(out.bytes().size() * 2);
  for (const char c : out.bytes()) {
    const auto byte = static_cast<unsigned char>(c);
    result += kDigits[byte >> 4];
    result += kDigits[byte & 15];
  }
  return result;
}

std::optional<CursorKey> decode_cursor(std::string_view text) {
  if (text.size() % 2 != 0 || text.size() > kMostBytes * 2) return std::nullopt;
  std::string bytes;
  bytes.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const auto high = kDigits.find(text[i]);
    const auto low = kDigits.find(text[i + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    bytes += static_cast<char>(high << 4 | low);
  }
  rules::ByteReader in(bytes);
  const std::size_t count = in.count(1);
  if (count > kMostTexts) return std::nullopt;
  CursorKey key;
  for (std::size_t i = 0; i < count; ++i) key.emplace_back(in.string());
  if (!in.finished()) return std::nullopt;
  return key;
}

}  // namespace tightrope::daemon::http

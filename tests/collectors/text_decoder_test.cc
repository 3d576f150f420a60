#include "collectors/text_decoder.h"

#include <gtest/gtest.h>

#include "tests/collectors/collecting.h"

namespace tightrope::collectors {
namespace {

std::string decode(std::string_view bytes, std::size_t piece = 1'000'000, std::uint64_t most = 1'000'000) {
  TextDecoder decoder(most);
  std::string text;
  while (!bytes.empty()) {
    if (auto problem = decoder.feed(bytes.substr(0, piece), text)) return "error: " + *problem;
    bytes.remove_prefix(std::min(piece, bytes.size()));
  }
  if (auto problem = decoder.finish(text)) return "error: " + *problem;
  return text;
}

std::string utf16(std::u16string_view text, bool little) {
  std::string bytes;
  for (const char16_t unit : text) {
    const char low = static_cast<char>(unit & 0xff);
    const char high = static_cast<char>(unit >> 8);
    bytes += little ? low : high;
    bytes += little ? high : low;
  }
  return bytes;
}

TEST(TextDecoderTest, PlainTextPassesThrough) {
  EXPECT_EQ(decode("date,spend"), "date,spend");
  EXPECT_EQ(decode(""), "");
  EXPECT_EQ(decode("a"), "a");
}

TEST(TextDecoderTest, ByteOrderMarksGo) {
  EXPECT_EQ(decode("\xef\xbb\xbf"
                   "date"),
            "date");
}

TEST(TextDecoderTest, Utf16OfBothKindsIsConverted) {
  const std::u16string text = u"\ufeffBüro, 100 €, 😀";
  EXPECT_EQ(decode(utf16(text, true)), "Büro, 100 €, 😀");
  EXPECT_EQ(decode(utf16(text, false)), "Büro, 100 €, 😀");
  EXPECT_EQ(decode(utf16(u"\ufeff\xd83d", true)), "\xef\xbf\xbd") << "half a pair";
}

TEST(TextDecoderTest, GzipIsUnpacked) {
  EXPECT_EQ(decode(gzip("date,spend\n")), "date,spend\n");
  EXPECT_EQ(decode(gzip("one\n") + gzip("two\n")), "one\ntwo\n") << "two members are one text";
  EXPECT_EQ(decode(gzip("\xef\xbb\xbf"
                        "date")),
            "date");
}

TEST(TextDecoderTest, PiecesOfAnySizeGiveTheSameText) {
  const std::string packed = gzip(utf16(u"\ufeffdate, 😀\n", true));
  for (std::size_t piece = 1; piece < packed.size(); ++piece)
    EXPECT_EQ(decode(packed, piece), "date, 😀\n") << piece;
}

TEST(TextDecoderTest, ABombIsStoppedAtTheBound) {
  const std::string bomb = gzip(std::string(50'000'000, '0'));
  ASSERT_LT(bomb.size(), 100'000u);
  EXPECT_EQ(decode(bomb, 1000, 1'000'000), "error: more than 1000000 bytes after unpacking");
}

TEST(TextDecoderTest, DamagedGzipIsAnError) {
  const std::string packed = gzip("date,spend\n2026-11-20,12\n");
  EXPECT_EQ(decode(packed.substr(0, packed.size() - 3)), "error: the gzip data is cut short");
  std::string damaged = packed;
  damaged[packed.size() - 6] = static_cast<char>(damaged[packed.size() - 6] ^ 0x55);
  EXPECT_EQ(decode(damaged), "error: the gzip data is damaged");
}

TEST(TextDecoderTest, AZipArchiveIsNamed) {
  EXPECT_EQ(decode("PK\x03\x04rest"), "error: a ZIP archive, where text or gzip is expected");
}

}  // namespace
}  // namespace tightrope::collectors

#include "daemon/journal_encoding.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/journal_calls.h"

namespace tightrope::daemon {
namespace {

using tightrope::testing::noise;

TEST(JournalEncodingTest, BytesOfEverySizeComeBack) {
  JournalPacker packer;
  for (const std::size_t size : {0u, 1u, 511u, 512u, 513u, 70'000u, 2'000'000u}) {
    for (const std::string& bytes : {noise(size, size), std::string(size, 'x')}) {
      EXPECT_EQ(unpack(packer.pack(bytes, {1, 2}), {1, 2}), bytes);
    }
  }
}

TEST(JournalEncodingTest, OnlyWhatShrinksIsDeflated) {
  JournalPacker packer;
  EXPECT_LT(packer.pack(std::string(10'000, 'x'), {}).size(), 200u);
  EXPECT_EQ(packer.pack(noise(10'000, 1), {}).size(), 10'005u);
  EXPECT_EQ(packer.pack(std::string(511, 'x'), {}).size(), 516u);
  EXPECT_EQ(packer.pack("", {}).size(), 5u);
}

// The format is on disk: these bytes must be readable for ever.
TEST(JournalEncodingTest, TheFormatStaysAsItIs) {
  JournalPacker packer;
  // Made from the description in journal.md, not by this program.
  EXPECT_EQ(packer.pack("abc", {}), std::string("\x00\xcc\x47\x21\xeb\x61\x62\x63", 8));
  const std::string deflated(
      "\x01\x60\x9f\x74\x44\xe8\x03\x00\x00\xab\xa8\x18\x05\xa3\x60\x14\x0c\x77\x00\x00", 20);
  EXPECT_EQ(unpack(deflated, {7}), std::string(1'000, 'x'));
}

TEST(JournalEncodingTest, BytesOfAnotherRowAreNotTaken) {
  JournalPacker packer;
  const std::string stored = packer.pack("abc", {1, 2});
  EXPECT_EQ(unpack(stored, {2, 1}), std::nullopt);
  EXPECT_EQ(unpack(stored, {1}), std::nullopt);
  EXPECT_EQ(unpack(stored, {1, 2, 0}), std::nullopt);
}

TEST(JournalEncodingTest, EveryFlippedBitIsNoticed) {
  JournalPacker packer;
  for (const std::string& bytes : {std::string("a short one"), std::string(600, 'x')}) {
    const std::string sound = packer.pack(bytes, {3});
    for (std::size_t bit = 0; bit < sound.size() * 8; ++bit) {
      std::string stored = sound;
      stored[bit / 8] = static_cast<char>(stored[bit / 8] ^ (1 << (bit % 8)));
      EXPECT_EQ(unpack(stored, {3}), std::nullopt) << "bit " << bit;
    }
  }
}

TEST(JournalEncodingTest, EveryShorterOrLongerRowIsNoticed) {
  JournalPacker packer;
  const std::string sound = packer.pack(std::string(600, 'x'), {});
  for (std::size_t size = 0; size < sound.size(); ++size)
    EXPECT_EQ(unpack(sound.substr(0, size), {}), std::nullopt);
  EXPECT_EQ(unpack(sound + "x", {}), std::nullopt);
}

}  // namespace
}  // namespace tightrope::daemon

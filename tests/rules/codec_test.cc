#include "rules/codec.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace tightrope::rules {
namespace {

TEST(CodecTest, EachValueComesBack) {
  ByteWriter out;
  out.byte(7);
  out.boolean(true);
  out.varint(300);
  out.signed_varint(-65);
  out.fixed64(-0.0);
  out.string("brand");
  out.raw("xy");
  ByteReader in(out.bytes());
  EXPECT_EQ(in.byte(), 7);
  EXPECT_TRUE(in.boolean());
  EXPECT_EQ(in.varint(), 300u);
  EXPECT_EQ(in.signed_varint(), -65);
  const double zero = in.fixed64();
  EXPECT_EQ(zero, 0);
  EXPECT_TRUE(std::signbit(zero));
  EXPECT_EQ(in.string(), "brand");
  EXPECT_EQ(in.raw(2), "xy");
  EXPECT_TRUE(in.finished());
}

TEST(CodecTest, IntegersOfEverySizeComeBack) {
  std::vector<std::int64_t> values{0, 1, -1, std::numeric_limits<std::int64_t>::max(),
                                   std::numeric_limits<std::int64_t>::min()};
  std::mt19937_64 random(20261120);
  for (int i = 0; i < 2000; ++i) values.push_back(static_cast<std::int64_t>(random() >> (random() % 64)));
  ByteWriter out;
  for (const std::int64_t value : values) {
    out.signed_varint(value);
    out.varint(static_cast<std::uint64_t>(value));
  }
  ByteReader in(out.bytes());
  for (const std::int64_t value : values) {
    ASSERT_EQ(in.signed_varint(), value);
    ASSERT_EQ(in.varint(), static_cast<std::uint64_t>(value));
  }
  EXPECT_TRUE(in.finished());
}

TEST(CodecTest, BitsOfNotANumberAreKept) {
  const auto bits = std::uint64_t{0x7ff8000000000123};
  ByteWriter out;
  out.fixed64(std::bit_cast<double>(bits));
  ByteReader in(out.bytes());
  EXPECT_EQ(std::bit_cast<std::uint64_t>(in.fixed64()), bits);
}

TEST(CodecTest, FormatOfIntegersIsLowBitsFirst) {
  ByteWriter out;
  out.varint(300);
  EXPECT_EQ(out.bytes(), std::string("\xac\x02"));
}

TEST(CodecTest, SmallNumbersOfEitherSignTakeOneByte) {
  for (const std::int64_t value : {-64, -1, 0, 1, 63}) {
    ByteWriter out;
    out.signed_varint(value);
    EXPECT_EQ(out.bytes().size(), 1u) << value;
  }
}

TEST(CodecTest, ReadingPastTheEndFailsAndStaysFailed) {
  ByteReader in("\x05");
  EXPECT_EQ(in.byte(), 5);
  EXPECT_TRUE(in.finished());
  EXPECT_EQ(in.byte(), 0);
  EXPECT_FALSE(in.ok());
  EXPECT_EQ(in.varint(), 0u);
  EXPECT_EQ(in.string(), "");
  EXPECT_EQ(in.fixed64(), 0);
  EXPECT_FALSE(in.finished());
}

struct BadCase {
  const char* name;
  std::string bytes;
  void (*read)(ByteReader&);
};

class CodecRefusesTest : public ::testing::TestWithParam<BadCase> {};

TEST_P(CodecRefusesTest, Fails) {
  ByteReader in(GetParam().bytes);
  GetParam().read(in);
  EXPECT_FALSE(in.ok());
}

INSTANTIATE_TEST_SUITE_P(
    All, CodecRefusesTest,
    ::testing::ValuesIn(std::vector<BadCase>{
        {"VarintOfElevenBytes", std::string(10, '\x80') + "\x01", [](ByteReader& in) { in.varint(); }},
        {"VarintOfSixtyFiveBits", std::string(9, '\xff') + "\x02", [](ByteReader& in) { in.varint(); }},
        {"VarintThatEndsEarly", "\x80", [](ByteReader& in) { in.varint(); }},
        {"VarintLongerThanItNeeds", std::string("\x80\0", 2), [](ByteReader& in) { in.varint(); }},
        {"BooleanOfTwo", "\x02", [](ByteReader& in) { in.boolean(); }},
        {"StringLongerThanTheRest", "\x03xy", [](ByteReader& in) { in.string(); }},
        {"StringOfGiganticLength", std::string(9, '\xff') + "\x01", [](ByteReader& in) { in.string(); }},
        {"DoubleOfSevenBytes", "1234567", [](ByteReader& in) { in.fixed64(); }},
        {"RawBeyondTheEnd", "12", [](ByteReader& in) { in.raw(3); }},
        {"CountThatCannotBeTrue",
         "\x03"
         "12345",
         [](ByteReader& in) { in.count(2); }},
        {"UnsignedBeyondItsRange", "\x09", [](ByteReader& in) { in.varint_up_to(8); }},
        {"SignedBelowItsRange", "\x05", [](ByteReader& in) { in.signed_varint_in(-2, 2); }},
    }),
    [](const auto& instance) { return std::string(instance.param.name); });

TEST(CodecTest, CountThatFitsIsGiven) {
  ByteReader in(
      "\x02"
      "1234");
  EXPECT_EQ(in.count(2), 2u);
  EXPECT_EQ(in.remaining(), 4u);
}

TEST(CodecTest, RangesIncludeTheirEnds) {
  ByteWriter out;
  out.varint(8);
  out.signed_varint(-2);
  out.signed_varint(2);
  ByteReader in(out.bytes());
  EXPECT_EQ(in.varint_up_to(8), 8u);
  EXPECT_EQ(in.signed_varint_in(-2, 2), -2);
  EXPECT_EQ(in.signed_varint_in(-2, 2), 2);
  EXPECT_TRUE(in.finished());
}

}  // namespace
}  // namespace tightrope::rules

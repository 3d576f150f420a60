#include <gtest/gtest.h>

#include "config/error.h"
#include "config/problems.h"

namespace tightrope::config {
namespace {

TEST(FormatTest, CaretStandsBelowTheColumn) {
  const Error error{{"a.yaml", 14, 13},     "clients[0].over", "\"5x\" is not a window",
                    "did you mean \"5d\"?", "      over: 5x",  ErrorLevel::error};
  EXPECT_EQ(format(error),
            "a.yaml:14:13: error: clients[0].over: \"5x\" is not a window\n"
            "   over: 5x\n"
            "         ^\n"
            "   did you mean \"5d\"?\n");
}

TEST(FormatTest, FileAsAWholeHasNoLine) {
  const Error error{{"a.yaml", 0, 0}, "", "cannot read it", "", "", ErrorLevel::warning};
  EXPECT_EQ(format(error), "a.yaml: warning: cannot read it\n");
}

TEST(FormatTest, ColumnsAreCharactersNotBytes) {
  Problems problems;
  const auto file = problems.add_file("a.yaml");
  problems.set_text(file, "name: \xC3\xBC\xC3\xBC x\n");
  problems.error({file, 1, 11}, "name", "odd");
  const auto errors = std::move(problems).take();
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_EQ(errors[0].where.column, 10);
  EXPECT_EQ(format(errors[0]), "a.yaml:1:10: error: name: odd\n   name: \xC3\xBC\xC3\xBC x\n            ^\n");
}

TEST(FormatTest, ControlCharactersDoNotReachTheTerminal) {
  const Error error{{"a.yaml", 2, 7},        "foo\x1b[31m", "unknown key \"\x7f\"",
                    "did you mean \xC2\x9B", "foo\x1b:\tx", ErrorLevel::error};
  EXPECT_EQ(format(error),
            "a.yaml:2:7: error: foo?[31m: unknown key \"?\"\n"
            "   foo?:\tx\n"
            "        \t^\n"
            "   did you mean ?\n");
}

TEST(ProblemsTest, ErrorsComeInTheOrderOfFilesAndLines) {
  Problems problems;
  const auto first = problems.add_file("a.yaml");
  const auto second = problems.add_file("b.yaml");
  problems.error({second, 1, 0}, "", "four");
  problems.error({first, 9, 0}, "", "three");
  problems.error({first, 2, 7}, "", "two");
  problems.warning({first, 2, 3}, "", "one");
  const auto errors = std::move(problems).take();
  ASSERT_EQ(errors.size(), 4u);
  EXPECT_EQ(errors[0].problem + errors[1].problem + errors[2].problem + errors[3].problem, "onetwothreefour");
}

TEST(ProblemsTest, HiddenBytesBecomeAsterisksAndColumnsStay) {
  Problems problems;
  const auto file = problems.add_file("a.yaml");
  problems.set_text(file, "{token: p\xC3\xA4ss, chanel: y}\n");
  problems.hide({file, 1, 8}, 5);
  problems.error({file, 1, 15}, "", "unknown");
  const auto errors = std::move(problems).take();
  EXPECT_EQ(errors[0].line, "{token: ****, chanel: y}");
  EXPECT_EQ(errors[0].where.column, 15);
}

TEST(ProblemsTest, UsersInAddressesAreHidden) {
  Problems problems;
  const auto file = problems.add_file("a.yaml");
  problems.set_text(file, "url: https://ann:pa55@example.com/x?y=a@b\n");
  problems.error({file, 1, 0}, "", "bad");
  EXPECT_EQ(std::move(problems).take()[0].line, "url: https://********@example.com/x?y=a@b");
}

TEST(ProblemsTest, AFloodIsCountedAndNotKept) {
  Problems problems;
  const auto file = problems.add_file("a.yaml");
  problems.set_text(file, std::string(1u << 20, 'x'));
  for (std::size_t i = 0; i < Problems::kMost + 7; ++i) problems.error({file, 1, 0}, "", "bad");
  const auto errors = std::move(problems).take();
  ASSERT_EQ(errors.size(), Problems::kMost + 1);
  EXPECT_EQ(errors.back().problem, "7 more problems are not shown");
  EXPECT_EQ(errors.front().line.size(), Problems::kMostLineBytes);
}

}  // namespace
}  // namespace tightrope::config

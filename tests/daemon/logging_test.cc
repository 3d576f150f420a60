#include "daemon/logging.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>

#include <boost/json.hpp>
#include <iomanip>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/log_capture.h"

namespace tightrope::daemon {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using tightrope::testing::LogCapture;

constexpr rules::Timestamp kTime{std::chrono::sys_days(std::chrono::year(2026) / 11 / 20) + 8h + 123ms};

std::string logfmt(std::string_view text) {
  return logfmt_line({.at = kTime, .level = "warn", .component = "poller", .text = text});
}
boost::json::object json(std::string_view text) {
  const std::string line = json_line({.at = kTime, .level = "warn", .component = "poller", .text = text});
  EXPECT_TRUE(line.ends_with("}\n"));
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  return boost::json::parse(line).as_object();
}
std::string field(const boost::json::object& object, std::string_view key) {
  return std::string(object.at(key).as_string());
}

struct SplitCase {
  const char* name;
  std::string text;
  LogText expected;
};
class SplitLogTextTest : public ::testing::TestWithParam<SplitCase> {};

TEST_P(SplitLogTextTest, IsSplitSo) {
  const LogText split = split_log_text(GetParam().text);
  EXPECT_EQ(split.sentence, GetParam().expected.sentence);
  ASSERT_THAT(split.fields, SizeIs(GetParam().expected.fields.size()));
  for (std::size_t i = 0; i < split.fields.size(); ++i) {
    EXPECT_EQ(split.fields[i].key, GetParam().expected.fields[i].key);
    EXPECT_EQ(split.fields[i].value, GetParam().expected.fields[i].value);
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, SplitLogTextTest,
    ::testing::ValuesIn(std::vector<SplitCase>{
        {"ASentenceAloneHasNoFields", "started", {"started", {}}},
        {"FieldsFollowTheSentence",
         R"(poll failed, next try in 5s source=acme attempt=2 error="no route to host")",
         {"poll failed, next try in 5s",
          {{"source", "acme"}, {"attempt", "2"}, {"error", "no route to host"}}}},
        {"AnEqualsSignInAnAddressIsNoField",
         "get http://h/?a=b failed code=500",
         {"get http://h/?a=b failed", {{"code", "500"}}}},
        {"WordsAfterAFieldMakeItPartOfTheSentence", "a=1 is odd b=2", {"a=1 is odd", {{"b", "2"}}}},
        {"AValueMayBeEmpty", R"(acked by= reason="")", {"acked", {{"by", ""}, {"reason", ""}}}},
        {"AStrayQuoteStaysInItsValue",
         R"(failed error="he said "no" to it" n=1)",
         {"failed", {{"error", R"(he said "no" to it)"}, {"n", "1"}}}},
        {"EscapedQuotesAreTaken",
         R"(failed error="a\" level=\"error" n=1)",
         {"failed", {{"error", R"(a" level="error)"}, {"n", "1"}}}},
        {"AnOpenQuoteIsText", R"(failed error="open)", {R"(failed error="open)", {}}},
        {"OnlyFieldsHaveAnEmptySentence", "a=1 b=2", {"", {{"a", "1"}, {"b", "2"}}}},
        {"NothingIsNothing", "", {"", {}}},
    }),
    [](const auto& each) { return std::string(each.param.name); });

TEST(LogLineTest, ALogfmtLineHasItsFieldsInOrder) {
  EXPECT_EQ(logfmt(R"(poll failed, next try in 5s source=acme error="no route to host")"),
            "ts=2026-11-20T08:00:00.123Z level=warn component=poller msg=\"poll failed, next try in 5s\" "
            "source=acme error=\"no route to host\"\n");
}

TEST(LogLineTest, AJsonLineHasTheSame) {
  EXPECT_EQ(
      json_line({.at = kTime, .level = "info", .component = "poller", .text = "polled source=acme rows=12"}),
      R"({"ts":"2026-11-20T08:00:00.123Z","level":"info","component":"poller","msg":"polled",)"
      R"("source":"acme","rows":"12"})"
      "\n");
}

TEST(LogLineTest, ALineStaysOneLine) {
  const std::string line = logfmt("bad\nlevel=error \x1b[31m error=\"x\r\ny\x7f\"");
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  EXPECT_EQ(line.find('\x1b'), std::string::npos);
  EXPECT_EQ(line,
            "ts=2026-11-20T08:00:00.123Z level=warn component=poller "
            "msg=\"bad\\nlevel=error \\u001b[31m\" error=\"x\\r\\ny\\u007f\"\n");
}

TEST(LogLineTest, ControlCharactersInUtf8AndTurnedTextAreEscaped) {
  const std::string line = logfmt("Caf\u00e9 \u009b31m \u202egnp.exe");
  EXPECT_NE(line.find("Caf\u00e9 \\u009b31m \\u202egnp.exe"), std::string::npos) << line;
}

TEST(LogLineTest, BytesThatAreNotUtf8AreReplaced) {
  const boost::json::object line = json(
      "a\xff"
      "b\xc3 name=\"\xed\xa0\x80\"");
  EXPECT_EQ(field(line, "msg"),
            "a\uFFFD"
            "b\uFFFD");
  EXPECT_EQ(field(line, "name"), "\uFFFD\uFFFD\uFFFD");
}

TEST(LogLineTest, EveryByteGivesValidJson) {
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  const boost::json::object line = json("all " + all + " value=" + quoted(all));
  EXPECT_EQ(line.size(), 5u);
}

TEST(LogLineTest, QuotedTextFromOutsideCannotForgeAField) {
  const std::string evil = R"(x" level="error" msg="all is lost \)";
  const boost::json::object line = json("refused reason=" + quoted(evil) + " n=1");
  EXPECT_EQ(field(line, "reason"), evil);
  EXPECT_EQ(field(line, "level"), "warn");
  EXPECT_EQ(field(line, "n"), "1");
  EXPECT_EQ(line.size(), 6u);
}

TEST(LogLineTest, QuotedIsNeverTheStandardLibrarys) {
  std::string text = "a\"b";
  const std::string constant = text;
  EXPECT_EQ(quoted(text), R"("a\"b")");
  EXPECT_EQ(quoted(constant), R"("a\"b")");
  EXPECT_EQ(quoted(constant.c_str()), R"("a\"b")");
  EXPECT_EQ(quoted(std::string_view(text)), R"("a\"b")");
}

TEST(LogLineTest, AFieldCannotTakeTheLinesOwnNames) {
  const boost::json::object line = json("x level=fatal msg=y");
  EXPECT_EQ(field(line, "level"), "warn");
  EXPECT_EQ(field(line, "level_"), "fatal");
  EXPECT_EQ(field(line, "msg_"), "y");
}

TEST(LogLineTest, LongTextIsCut) {
  const std::string line = logfmt(std::string(1'000'000, 'x'));
  EXPECT_LT(line.size(), 17'000u);
  EXPECT_TRUE(line.ends_with(" ... (cut)\"\n"));
}

TEST(LoggingTest, LevelsAndFormatsAreParsedStrictly) {
  EXPECT_EQ(parse_log_level("debug"), LogLevel::debug);
  EXPECT_EQ(parse_log_level("info"), LogLevel::info);
  EXPECT_EQ(parse_log_level("warn"), LogLevel::warn);
  EXPECT_EQ(parse_log_level("error"), LogLevel::error);
  EXPECT_EQ(parse_log_level("INFO"), std::nullopt);
  EXPECT_EQ(parse_log_level(""), std::nullopt);
  EXPECT_EQ(parse_log_format("logfmt"), LogFormat::logfmt);
  EXPECT_EQ(parse_log_format("json"), LogFormat::json);
  EXPECT_EQ(parse_log_format("xml"), std::nullopt);
}

TEST(LoggingTest, AComponentHasOneLogger) {
  EXPECT_EQ(logger("poller"), logger("poller"));
  EXPECT_NE(logger("poller"), logger("outbox"));
}

TEST(LoggingTest, LinesCarryTheirComponentAndLevel) {
  const LogCapture log;
  const auto poller = logger("poller");
  poller->warn("poll failed, next try in {}s source={} error={}", 5, "acme", quoted("timed \"out\""));
  logger("outbox")->debug("sent");
  EXPECT_THAT(
      log.lines(),
      ElementsAre(
          R"(level=warn component=poller msg="poll failed, next try in 5s" source=acme error="timed \"out\"")",
          R"(level=debug component=outbox msg="sent")"));
  EXPECT_TRUE(log.contains("source=acme"));
  EXPECT_FALSE(log.contains("source=zebra"));
}

TEST(LoggingTest, LinesBelowTheLevelAreNotWritten) {
  const LogCapture log(LogLevel::warn);
  logger("poller")->info("polled");
  logger("made after the level was set")->info("polled");
  EXPECT_THAT(log.lines(), IsEmpty());
  logger("poller")->error("broken");
  EXPECT_THAT(log.lines(), SizeIs(1));
}

TEST(LoggingTest, JsonIsWrittenWhenAskedFor) {
  std::ostringstream out;
  set_up_logging({.level = LogLevel::info, .format = LogFormat::json},
                 std::make_shared<spdlog::sinks::ostream_sink_mt>(out));
  logger("poller")->info("polled rows={}", 3);
  set_up_logging({});
  const boost::json::object line = boost::json::parse(out.str()).as_object();
  EXPECT_EQ(field(line, "component"), "poller");
  EXPECT_EQ(field(line, "rows"), "3");
}

TEST(LoggingTest, StderrGetsTheLines) {
  ::testing::internal::CaptureStderr();
  set_up_logging({});
  logger("poller")->info("polled source=acme");
  const std::string written = ::testing::internal::GetCapturedStderr();
  EXPECT_THAT(written, ::testing::StartsWith("ts="));
  EXPECT_THAT(written, ::testing::EndsWith(" level=info component=poller msg=\"polled\" source=acme\n"));
}

TEST(LoggingTest, ThreadsDoNotMixTheirLines) {
  const LogCapture log;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([t] {
      for (int i = 0; i < 250; ++i) logger("thread " + std::to_string(t))->info("line n={}", i);
    });
  }
  for (std::thread& thread : threads) thread.join();
  const std::vector<std::string> lines = log.lines();
  ASSERT_THAT(lines, SizeIs(1000));
  for (const std::string& line : lines) {
    EXPECT_THAT(line, ::testing::MatchesRegex("level=info component=\"thread [0-3]\" msg=\"line\" n=[0-9]+"));
  }
}

}  // namespace
}  // namespace tightrope::daemon

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/collectors/collecting.h"

namespace tightrope::collectors {
namespace {

using ::testing::ElementsAre;

class PushTest : public ::testing::Test {
 protected:
  PushTest() {
    strategy_.metrics = {{"spend", rules::Unit::money, true}, {"conversions", rules::Unit::count, true}};
  }
  std::variant<PushedBatch, PushError> parse(std::string_view body) {
    return parse_push(body, calendar_, {&dimensions_, &strategy_}, "EUR", kNow);
  }
  std::vector<std::string> figures(std::string_view body) {
    const auto parsed = parse(body);
    if (const auto* error = std::get_if<PushError>(&parsed)) return {"error: " + error->text};
    return lines(std::get<PushedBatch>(parsed).batch, calendar_);
  }
  // Of a body with one good observation and then this one.
  std::string error_of(const std::string& observation) {
    const auto found =
        figures(R"({"source":"shop","observations":[{"bucket":"2026-11-20","metrics":{"spend":1}},)" +
                observation + "]}");
    return found.size() == 1 ? found[0] : "no error";
  }
  rules::Calendar calendar_ = calendar_of("Europe/Vienna");
  rules::Dimensions dimensions_;
  rules::Strategy strategy_;
};

TEST_F(PushTest, TakesWhatTheDocumentationShows) {
  const auto parsed = parse(
      R"({"source":"shop","observations":[{"bucket":"2026-11-20","channel":"search","campaign":"brand",)"
      R"("metrics":{"spend":12.5,"conversions":3}}]})");
  const auto& pushed = std::get<PushedBatch>(parsed);
  EXPECT_EQ(pushed.source, "shop");
  EXPECT_EQ(pushed.batch.source, "shop");
  EXPECT_EQ(pushed.batch.learnt, kNow);
  EXPECT_THAT(lines(pushed.batch, calendar_),
              ElementsAre("search/brand 2026-11-20 spend 12.5", "search/brand 2026-11-20 conversions 3"));
}

TEST_F(PushTest, TakesHoursCurrenciesAndTheClientAsAWhole) {
  EXPECT_THAT(
      figures(
          R"({"currency":"EUR","source":"shop","observations":[{"bucket":"2026-11-20T08","currency":"EUR","campaign":null,)"
          R"("metrics":{"spend":0.1}},{"metrics":{"spend":-2e1},"ad":7,"bucket":"2026-11-20"}]})"),
      ElementsAre(" 2026-11-20T08 spend 0.1", "///7 2026-11-20 spend -20"));
}

TEST_F(PushTest, MoneyIsInTheRowsCurrencyElseInTheBodysElseInTheSources) {
  EXPECT_THAT(
      figures(
          R"({"source":"s","observations":[{"bucket":"2026-11-20","metrics":{"spend":1,"conversions":2}},)"
          R"({"bucket":"2026-11-20","metrics":{"spend":3,"conversions":4},"currency":"USD"},)"
          R"({"bucket":"2026-11-20","metrics":{"spend":5}},{"bucket":"2026-11-20","currency":"USD","metrics":{"spend":6}}]})"),
      ElementsAre(" 2026-11-20 spend 5", " 2026-11-20 conversions 4", " 2026-11-20 spend@USD 6"));
  EXPECT_THAT(figures(R"({"source":"s","observations":[{"bucket":"2026-11-20","metrics":{"spend":1}},)"
                      R"({"bucket":"2026-11-20","currency":"EUR","metrics":{"spend":2}}],"currency":"GBP"})"),
              ElementsAre(" 2026-11-20 spend@GBP 1", " 2026-11-20 spend 2"));
}

TEST_F(PushTest, NullTakesAFigureBack) {
  EXPECT_THAT(figures(R"({"source":"s","observations":[{"bucket":"2026-11-20","metrics":{"spend":null}}]})"),
              ElementsAre(" 2026-11-20 spend missing"));
}

TEST_F(PushTest, ALaterRowRestatesAnEarlierOne) {
  EXPECT_THAT(
      figures(
          R"({"source":"s","observations":[{"bucket":"2026-11-20","channel":"a","metrics":{"spend":1}},)"
          R"({"bucket":"2026-11-21","channel":"a","metrics":{"spend":2}},{"bucket":"2026-11-20","channel":"a","metrics":{"spend":3}}]})"),
      ElementsAre("a 2026-11-20 spend 3", "a 2026-11-21 spend 2"));
}

TEST_F(PushTest, EntitiesDoNotLeakIntoTheNextRow) {
  EXPECT_THAT(
      figures(
          R"({"source":"s","observations":[{"bucket":"2026-11-20","channel":"a","campaign":"b","metrics":{"spend":1}},)"
          R"({"bucket":"2026-11-20","channel":"c","metrics":{"spend":2}}]})"),
      ElementsAre("a/b 2026-11-20 spend 1", "c 2026-11-20 spend 2"));
}

TEST_F(PushTest, MistakesOfTheWholeAreNamed) {
  const std::vector<std::pair<const char*, const char*>> cases{
      {"[]", "not a JSON object"},
      {R"({"observations":[]})", "\"source\" is missing"},
      {R"({"source":"","observations":[]})", "source: not a source's name"},
      {R"({"source":7,"observations":[]})", "source: not a text"},
      {R"({"source":"a","source":"b","observations":[]})", "source: stands there twice"},
      {R"({"source":"s"})", "\"observations\" is missing"},
      {R"({"source":"s","observations":{}})", "observations: not an array"},
      {R"({"source":"s","observations":[]})", "observations: empty"},
      {R"({"source":"s","observation":[]})", "unknown key \"observation\"; did you mean \"observations\"?"},
      {R"({"source":"s","currency":"USD","observations":[]})", "observations: empty"},
      {R"({"source":"s","currency":"usd","observations":[]})",
       "currency: \"usd\" is not a currency; write its ISO 4217 code, such as EUR or USD"},
      {R"({"source":"s","currency":7,"observations":[]})", "currency: not a text"},
  };
  for (const auto& [body, error] : cases)
    EXPECT_THAT(figures(body), ElementsAre(std::string("error: ") + error)) << body;
  EXPECT_THAT(figures("{\"source\":").front(), ::testing::StartsWith("error: not JSON: "));
}

TEST_F(PushTest, TheFirstBadRowIsNamed) {
  const std::vector<std::pair<const char*, const char*>> cases{
      {"7", "observations[1]: not an object"},
      {R"({"metrics":{"spend":1}})", "observations[1]: \"bucket\" is missing"},
      {R"({"bucket":"2026-11-20"})", "observations[1]: \"metrics\" is missing"},
      {R"({"bucket":"2026-11-20","metrics":{}})", "observations[1].metrics: empty"},
      {R"({"bucket":"2026-11-20","metrics":[]})", "observations[1].metrics: not an object"},
      {R"({"bucket":"2026-11-20","bucket":"2026-11-20","metrics":{"spend":1}})",
       "observations[1].bucket: stands there twice"},
      {R"({"bucket":"20.11.2026","metrics":{"spend":1}})",
       "observations[1].bucket: \"20.11.2026\" is neither a day (2026-11-20) nor an hour (2026-11-20T08) in "
       "Europe/Vienna"},
      {R"({"bucket":"2026-03-29T02","metrics":{"spend":1}})",
       "observations[1].bucket: \"2026-03-29T02\" is neither a day (2026-11-20) nor an hour (2026-11-20T08) "
       "in Europe/Vienna"},
      {R"({"bucket":20261120,"metrics":{"spend":1}})",
       "observations[1].bucket: a number where a text is expected"},
      {R"({"bucket":"2026-11-24","metrics":{"spend":1}})",
       "observations[1].bucket: \"2026-11-24\" is more than a day ahead"},
      {R"({"bucket":"2016-11-20","metrics":{"spend":1}})",
       "observations[1].bucket: \"2016-11-20\" is more than 97 days ago; load older figures with `tightrope "
       "import`"},
      {R"({"bucket":"2026-11-10T08","metrics":{"spend":1}})",
       "observations[1].bucket: \"2026-11-10T08\" is more than 5 days ago; load older figures with "
       "`tightrope import`"},
      {R"({"bucket":"2026-11-20","metrics":{"spent":1}})",
       "observations[1].metrics.spent: no metric has that name; did you mean \"spend\"?"},
      {R"({"bucket":"2026-11-20","metrics":{"spend":"12"}})",
       "observations[1].metrics.spend: a text where a number is expected"},
      {R"({"bucket":"2026-11-20","metrics":{"spend":true}})",
       "observations[1].metrics.spend: true or false where a number is expected"},
      {R"({"bucket":"2026-11-20","metrics":{"spend":1e12}})",
       "observations[1].metrics.spend: \"1e12\" is too large"},
      {R"({"bucket":"2026-11-20","metrics":{"spend":1e999}})",
       "observations[1].metrics.spend: \"1e999\" is too large"},
      {R"({"bucket":"2026-11-20","chanel":"x","metrics":{"spend":1}})",
       "observations[1]: unknown key \"chanel\"; did you mean \"channel\"?"},
      {R"({"bucket":"2026-11-20","channel":["x"],"metrics":{"spend":1}})",
       "observations[1].channel: an array where a text is expected"},
      {R"({"bucket":"2026-11-20","channel":"a","channel":"b","metrics":{"spend":1}})",
       "observations[1].channel: stands there twice"},
      {R"({"bucket":"2026-11-20","currency":"DOLLAR","metrics":{"spend":1}})",
       "observations[1].currency: \"DOLLAR\" is not a currency; write its ISO 4217 code, such as EUR or USD"},
      {R"({"bucket":"2026-11-20","metrics":{"spend@USD":1}})",
       "observations[1].metrics.spend@USD: no metric has that name"},
  };
  for (const auto& [observation, error] : cases)
    EXPECT_EQ(error_of(observation), std::string("error: ") + error);
  EXPECT_EQ(error_of(R"({"bucket":"2026-11-20","channel":")" + std::string(2000, 'x') +
                     R"(","metrics":{"spend":1}})"),
            "error: observations[1].channel: longer than 1024 bytes");
}

TEST_F(PushTest, TomorrowAndTheOldestDayHeldAreStillTaken) {
  EXPECT_THAT(
      figures(
          R"({"source":"s","observations":[{"bucket":"2026-11-23","metrics":{"spend":1}},{"bucket":"2026-08-17","metrics":{"spend":1}}]})"),
      ElementsAre(" 2026-11-23 spend 1", " 2026-08-17 spend 1"));
}

TEST_F(PushTest, FiguresAreBounded) {
  std::string metrics;
  for (int i = 0; i < 200; ++i) {
    strategy_.metrics.push_back({"m" + std::to_string(i), rules::Unit::count, true});
    metrics += (i == 0 ? "\"" : ",\"") + strategy_.metrics.back().name + "\":1";
  }
  std::string body = R"({"source":"s","observations":[)";
  for (int i = 0; i <= 5'000; ++i) {
    body += (i == 0 ? "" : ",");
    body += R"({"bucket":"2026-11-20","ad":)" + std::to_string(i) + R"(,"metrics":{)" + metrics + "}}";
  }
  EXPECT_THAT(figures(body + "]}"),
              ElementsAre("error: observations[5000]: more than 1000000 figures at once"));
}

TEST(PushedSourceTest, IsFoundWithoutReadingTheRest) {
  EXPECT_EQ(std::get<std::string>(pushed_source(R"({"observations":[{"source":"no"}],"source":"shop"})")),
            "shop");
  EXPECT_EQ(std::get<PushError>(pushed_source("{}")).text, "\"source\" is missing");
  EXPECT_TRUE(std::holds_alternative<PushError>(pushed_source("not json")));
}

}  // namespace
}  // namespace tightrope::collectors

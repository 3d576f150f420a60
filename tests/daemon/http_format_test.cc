// What is said to be acceptable, and the forms of answers.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "daemon/http/gzip.h"
#include "daemon/http/json.h"
#include "daemon/http/message.h"
#include "daemon/http/negotiation.h"

namespace tightrope::daemon::http {
namespace {

struct AcceptCase {
  const char* name;
  const char* accept;
  MetricsFormat format;
};
class AcceptTest : public ::testing::TestWithParam<AcceptCase> {};

TEST_P(AcceptTest, ChoosesTheFormat) {
  EXPECT_EQ(choose_metrics_format(GetParam().accept), GetParam().format);
}

INSTANTIATE_TEST_SUITE_P(
    All, AcceptTest,
    ::testing::ValuesIn(std::vector<AcceptCase>{
        {"NothingSaid", "", MetricsFormat::text},
        {"Anything", "*/*", MetricsFormat::text},
        {"Prometheus242",
         "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
         "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
         MetricsFormat::openmetrics},
        {"Prometheus3",
         "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,text/"
         "plain;version=0.0.4;q=0.5,*/*;q=0.1",
         MetricsFormat::openmetrics},
        {"TextPreferred", "application/openmetrics-text;q=0.3, text/plain;q=0.7", MetricsFormat::text},
        {"BothEqual", "application/openmetrics-text,text/plain", MetricsFormat::text},
        {"OpenMetricsRefused", "application/openmetrics-text;q=0", MetricsFormat::text},
        {"OnlyAnOldOpenMetrics", "application/openmetrics-text;version=0.0.1", MetricsFormat::text},
        {"QuotedVersion", "application/openmetrics-text; version=\"1.0.0\"", MetricsFormat::openmetrics},
        {"OpenMetricsOverAnything", "Application/OpenMetrics-Text, */*;q=0.5", MetricsFormat::openmetrics},
        {"BadQualityCountsAsZero", "application/openmetrics-text;q=high,text/plain;q=0.1",
         MetricsFormat::text},
        {"Garbage", ";;,=,q=;,", MetricsFormat::text},
    }),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST(AcceptEncodingTest, GzipOnlyWhereItIsWanted) {
  for (const char* yes : {"gzip", "deflate, gzip;q=0.5", "*", "GZIP", "identity;q=0, *;q=0.1", "x-gzip"}) {
    EXPECT_TRUE(accepts_gzip(yes)) << yes;
  }
  for (const char* no : {"", "identity", "gzip;q=0", "gzip;q=0.0, *", "*;q=0", "br", "gzipped"}) {
    EXPECT_FALSE(accepts_gzip(no)) << no;
  }
}

std::string packed(std::string_view text) {
  const std::string_view parts[]{text};
  return gzip(parts);
}

TEST(GzipTest, ComesBackAsItWas) {
  std::mt19937_64 random(7);
  std::string noise(3'000'000, '\0');
  for (char& c : noise) c = static_cast<char>(random());
  for (const std::string& text : {std::string(), std::string("a"), std::string(5'000'000, 'x'), noise}) {
    const Gunzipped result = gunzip(packed(text), text.size());
    ASSERT_FALSE(result.failure) << text.size();
    EXPECT_EQ(result.bytes, text);
  }
}

TEST(GzipTest, PartsAreOneAfterTheOther) {
  const std::string_view parts[]{"one ", "", "two ", "three"};
  EXPECT_EQ(gunzip(gzip(parts), 100).bytes, "one two three");
}

TEST(GzipTest, FilesMayFollowEachOther) {
  EXPECT_EQ(gunzip(packed("one ") + packed("two"), 100).bytes, "one two");
}

TEST(GzipTest, BombIsStoppedAtTheLimit) {
  const std::string bomb = packed(std::string(50'000'000, '\0'));
  const Gunzipped result = gunzip(bomb, 1'000'000);
  EXPECT_EQ(result.failure, GunzipFailure::too_large);
  EXPECT_TRUE(result.bytes.empty());
  EXPECT_EQ(gunzip(packed(std::string(1'000'001, 'x')), 1'000'000).failure, GunzipFailure::too_large);
  EXPECT_FALSE(gunzip(packed(std::string(1'000'000, 'x')), 1'000'000).failure);
}

TEST(GzipTest, BrokenBytesAreAnError) {
  const std::string good = packed("some text that is long enough to be cut in the middle");
  std::string changed = good;
  changed[good.size() - 5] = static_cast<char>(changed[good.size() - 5] + 1);  // of the checksum
  for (const std::string& bytes :
       {std::string(), std::string("plain"), good.substr(0, good.size() / 2), good + "more", changed}) {
    EXPECT_EQ(gunzip(bytes, 1000).failure, GunzipFailure::broken) << bytes.size();
  }
}

TEST(JsonTest, FiguresReadAsPeopleWriteThem) {
  EXPECT_EQ(print(number(45.1)), "45.1");
  EXPECT_EQ(print(number(45)), "45");
  EXPECT_EQ(print(number(-0.25)), "-0.25");
  EXPECT_EQ(print(json::value(12)), "12");
}

TEST(JsonTest, UnknownIsNullAndNotZero) {
  EXPECT_EQ(print(number(std::nan(""))), "null");
  EXPECT_EQ(print(number(std::numeric_limits<double>::infinity())), "null");
  EXPECT_EQ(print(json::value(std::nan(""))), "null");
}

TEST(JsonTest, TextsAreEscapedAndAlwaysUtf8) {
  EXPECT_EQ(print(text("a\"b\\\n\x01")), R"("a\"b\\\n\u0001")");
  EXPECT_EQ(print(text("caf\xe9")), "\"caf\xef\xbf\xbd\"");
  EXPECT_EQ(print(text("Größe €")), "\"Größe €\"");
}

TEST(JsonTest, ObjectsKeepTheirOrderAndMayBeEmpty) {
  json::object object;
  object["b"] = 1;
  object["a"] = json::array{true, nullptr, json::object(), json::array()};
  EXPECT_EQ(print(object), R"({"b":1,"a":[true,null,{},[]]})");
}

TEST(MessageTest, ErrorsHaveTheShapeOfPrometheus) {
  const Response response = unavailable("the disk is full", 5);
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.body, R"({"status":"error","errorType":"unavailable","error":"the disk is full"})");
  EXPECT_EQ(response.headers, (Fields{{"Retry-After", "5"}}));
}

}  // namespace
}  // namespace tightrope::daemon::http

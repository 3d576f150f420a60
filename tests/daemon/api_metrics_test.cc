// GET /metrics: everything on one page, however many ask at once.
#include <gtest/gtest.h>

#include "daemon/http/gzip.h"
#include "tests/daemon/api_world.h"
#include "tests/daemon/exposition_reader.h"

namespace tightrope::daemon::http {
namespace {

using testing::ApiWorld;
using testing::body_of;

class ApiMetricsTest : public ::testing::Test {
 protected:
  ApiWorld world_;
};

TEST_F(ApiMetricsTest, MetricsHoldTheKpisAndTheDaemonsOwn) {
  world_.push_week("brand", 100, 2);
  const Response response = world_.call("GET", "/metrics");
  EXPECT_EQ(response.content_type, "text/plain; version=0.0.4; charset=utf-8");
  const testing::Exposition page = testing::read_exposition(body_of(response));
  EXPECT_EQ(page.faults, std::vector<std::string>());
  EXPECT_EQ(page.value("tightrope_kpi_value", {{"target", "trial_cpa"}, {"campaign", "brand"}}), 50);
  EXPECT_EQ(page.value("tightrope_engine_entities", {{"client", "acme"}}), 1);
  EXPECT_GE(page.value("tightrope_journal_appended_events_total"), 1);
  const testing::Promtool said = testing::check_with_promtool(body_of(response));
  if (said.found) {
    EXPECT_EQ(said.output, "");
  }
}

TEST_F(ApiMetricsTest, MetricsAreOpenMetricsAndGzipWhereThatIsAskedFor) {
  world_.push_week("brand", 100, 2);
  const Response response = world_.call(
      "GET", "/metrics", "", {{"accept", "application/openmetrics-text"}, {"accept-encoding", "gzip"}});
  const Gunzipped unpacked = gunzip(body_of(response), 10'000'000);
  ASSERT_FALSE(unpacked.failure);
  const testing::Exposition page = testing::read_exposition(unpacked.bytes, testing::Dialect::openmetrics);
  EXPECT_EQ(page.faults, std::vector<std::string>());
  EXPECT_EQ(page.value("tightrope_kpi_value", {{"campaign", "brand"}}), 50);
}

TEST_F(ApiMetricsTest, ScrapesAtTheSameTimeShareOneRendering) {
  world_.push_week("brand", 100, 2);
  const std::vector<Response> responses = world_.call_together("/metrics", 8);
  for (const Response& response : responses) {
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.pieces, responses.front().pieces);
  }
}

TEST_F(ApiMetricsTest, ScrapesThatAreStillBeingReadAreBoundedInNumber) {
  std::vector<Response> unread;
  for (std::size_t i = 0; i < Scraper::kMostPages; ++i) {
    unread.push_back(world_.call("GET", "/metrics"));
    EXPECT_EQ(unread.back().status, 200);
  }
  EXPECT_EQ(world_.call("GET", "/metrics").status, 503);
  unread.pop_back();
  EXPECT_EQ(world_.call("GET", "/metrics").status, 200);
}

}  // namespace
}  // namespace tightrope::daemon::http

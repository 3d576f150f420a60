// A report read again that no longer has rows it had: the whole way from the platform to the engine.
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "client_world.h"
#include "collectors/translation.h"
#include "daemon/metrics.h"
#include "daemon/poller.h"
#include "daemon/task_group.h"
#include "tests/simulator/api.h"
#include "tests/simulator/scenario.h"
#include "tests/support/join_within.h"

namespace tightrope::testing {
namespace {

using namespace std::chrono_literals;

const std::string kYaml = R"(
sources:
  - name: ads
    client: brightsmile
    connector: csv
    every: 10m
    lookback: 7d
    with:
      url: "http://ads.example/v1/export.csv?account=brightsmile&key=demo-key&from={from}&to={to}"
      columns: {date: Date, channel: Channel, campaign: Campaign, clicks: Clicks, spend: Cost, conversions: Conversions}
  - {name: shop, client: brightsmile, connector: push}
clients:
  - name: brightsmile
    timezone: Europe/London
    currency: GBP
    objectives:
      - name: bookings
        why: Two new surgeries opened this year.
        owner: kim
        match: {}
        targets:
          - {name: booking_cpa, kpi: cpa, at_most: 4000, over: 7d, per: campaign}
)";

// The platform, at the simulated instant that the clock shows.
class PlatformTransfer final : public collectors::Transfer {
 public:
  PlatformTransfer(simulator::Api& api, const daemon::Clock& clock) : api_(api), clock_(clock) {}

  boost::asio::awaitable<collectors::TransferResult> fetch(collectors::TransferRequest request) override {
    const std::string target = request.url.substr(request.url.find('/', 8));
    const auto now = std::chrono::floor<std::chrono::seconds>(clock_.now());
    simulator::Reply reply = api_.handle({request.method, target, "", ""}, now);
    collectors::TransferResponse response;
    response.status = reply.status;
    response.headers = {{"content-type", reply.content_type}};
    response.body = std::move(reply.body);
    collectors::TransferResult result = std::move(response);
    co_return result;
  }

 private:
  simulator::Api& api_;
  const daemon::Clock& clock_;
};

class VanishedRowsTest : public ::testing::Test {
 protected:
  VanishedRowsTest()
      : client_(kYaml),
        platform_(simulator::build_world(1, std::get<simulator::Scenario>(simulator::load_scenario("calm")),
                                         std::chrono::floor<std::chrono::seconds>(client_.now()),
                                         std::chrono::days(30))) {
    start_polling();
    client_.pass(1min);
  }
  ~VanishedRowsTest() override { stop_polling(); }

  void start_polling() {
    const config::Configuration configuration = configuration_of(kYaml);
    const config::Source& source = configuration.sources.at(0);
    auto translation = collectors::Translation::between(source, configuration.clients.at(0).strategy);
    calendar_.emplace(translation.source_calendar());
    daemon::PollerContext context{
        .clock = client_.clock(),
        .slots = slots_,
        .metrics = metrics_,
        .hand_over = [this](rules::ObservationBatch batch, std::optional<rules::Coverage> coverage) {
          return client_.client().observe(std::move(batch), coverage);
        }};
    poller_ = std::make_unique<daemon::Poller>(
        source,
        collectors::make_collector(
            source, {.transfer = transfer_, .calendar = *calendar_, .dimensions = dimensions_}),
        std::move(translation), std::move(context), daemon::first_status(source));
    task_ = std::make_unique<daemon::TaskGroup>(
        client_.io().get_executor(),
        [](const std::string& name, std::exception_ptr) { ADD_FAILURE() << name << " ended"; });
    task_->spawn("poller", poller_->run());
    client_.settle();
  }
  void stop_polling() {
    task_->cancel();
    EXPECT_TRUE(join_within(client_.io(), *task_));
  }

  void stage(const std::string& incident) {
    const auto now = std::chrono::floor<std::chrono::seconds>(client_.now());
    EXPECT_EQ(platform_api_.handle({"POST", "/incidents", "", incident}, now).status, 201);
  }

  // What the engine has, or missing.
  rules::Amount figure(const std::string& campaign, const std::string& metric, rules::Day day) {
    rules::Amount found;
    const auto look = [&](const rules::Engine& engine) {
      rules::Entity entity;
      entity.set(0, campaign == "recall" ? "email" : campaign == "implants" ? "search" : "social");
      entity.set(1, campaign);
      const auto explanation = engine.explain("booking_cpa", entity);
      if (!explanation) return;
      for (const rules::ExplainedInput& input : explanation->inputs) {
        for (const auto& [bucket, amount] : input.buckets) {
          if (input.metric == metric && bucket == rules::Bucket{day}) found = amount;
        }
      }
    };
    view(look);
    return found;
  }
  void view(std::function<void(const rules::Engine&)> look) {
    bool done = false;
    boost::asio::co_spawn(client_.io(), client_.client().view(std::move(look)),
                          [&done](std::exception_ptr) { done = true; });
    client_.settle();
    ASSERT_TRUE(done);
  }

  const rules::Day today_ = *rules::parse_day("2026-11-20");
  ClientWorld client_;
  simulator::World platform_;
  simulator::Api platform_api_{platform_, {}};
  PlatformTransfer transfer_{platform_api_, client_.clock()};
  std::optional<rules::Calendar> calendar_;
  const rules::Dimensions dimensions_;
  daemon::Metrics metrics_;
  daemon::Slots slots_{8};
  std::unique_ptr<daemon::Poller> poller_;
  std::unique_ptr<daemon::TaskGroup> task_;
};

TEST_F(VanishedRowsTest, ExplainShowsNoSpendOnDaysOnWhichTheCampaignHasNoRowsAnyMore) {
  ASSERT_GT(figure("whitening", "spend", today_ - 1).to_double(), 100);
  const rules::Amount before = figure("whitening", "spend", today_ - 4);
  ASSERT_FALSE(before.is_missing());
  stage(R"({"kind":"spend_stop","campaign":"whitening","from":"2026-11-17T00:00:00Z"})");
  client_.pass(10min);
  for (const rules::Day day : {today_ - 3, today_ - 2, today_ - 1, today_}) {
    EXPECT_TRUE(figure("whitening", "spend", day).is_missing()) << to_string(day);
    EXPECT_TRUE(figure("whitening", "conversions", day).is_missing()) << to_string(day);
    EXPECT_FALSE(figure("implants", "spend", day).is_missing()) << to_string(day);
  }
  EXPECT_EQ(figure("whitening", "spend", today_ - 4), before);
}

TEST_F(VanishedRowsTest, RowsThatVanishWhileTheDaemonIsDownAreTakenBackAfterwards) {
  ASSERT_FALSE(figure("whitening", "spend", today_ - 1).is_missing());
  stop_polling();
  client_.crash();
  stage(R"({"kind":"spend_stop","campaign":"whitening","from":"2026-11-17T00:00:00Z"})");
  client_.start(kYaml);
  EXPECT_FALSE(figure("whitening", "spend", today_ - 1).is_missing());
  start_polling();
  client_.pass(1min);
  EXPECT_TRUE(figure("whitening", "spend", today_ - 1).is_missing());
}

TEST_F(VanishedRowsTest, FiguresThatTheShopPushedStay) {
  rules::ObservationBatch pushed = figures("whitening", today_ - 1, 0, 7);
  pushed.entities[0].set(0, "social");
  std::erase_if(pushed.rows, [&](const auto& row) { return pushed.metrics[row.metric] != "conversions"; });
  stop_polling();  // the platform would restate its own figure
  ASSERT_TRUE(client_.observe(pushed));
  stage(R"({"kind":"spend_stop","campaign":"whitening","from":"2026-11-17T00:00:00Z"})");
  start_polling();
  client_.pass(1min);
  EXPECT_TRUE(figure("whitening", "spend", today_ - 1).is_missing());
  EXPECT_EQ(figure("whitening", "conversions", today_ - 1), rules::Amount::from_units(7));
}

TEST_F(VanishedRowsTest, AReportThatBreaksOffTakesNothingBack) {
  ASSERT_FALSE(figure("recall", "spend", today_ - 1).is_missing());
  const auto now = std::chrono::floor<std::chrono::seconds>(client_.now());
  ASSERT_EQ(platform_api_.handle({"POST", "/faults", "", R"({"kind":"500","count":99})"}, now).status, 201);
  stage(R"({"kind":"spend_stop","campaign":"whitening","from":"2026-11-17T00:00:00Z"})");
  client_.pass(10min);
  EXPECT_FALSE(figure("whitening", "spend", today_ - 1).is_missing());
}

}  // namespace
}  // namespace tightrope::testing

// Sources at work together, on a clock that moves when told: who is handed what.
#include "daemon/polling.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <string>
#include <utility>
#include <vector>

#include "daemon/metrics.h"
#include "tests/support/fake_transfer.h"
#include "tests/support/manual_clock.h"
#include "tests/support/temporary_directory.h"

namespace tightrope::daemon {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;
using testing::FakeTransfer;
using testing::ManualClock;
using testing::TemporaryDirectory;

constexpr Timestamp kNoon = std::chrono::sys_days(std::chrono::year(2026) / 11 / 20) + 12h;

class PollingTest : public ::testing::Test {
 protected:
  ~PollingTest() override { run(polling_.stop()); }

  // Rates from a file, and these clients.
  config::Configuration configuration(const std::vector<std::string>& clients) const {
    std::string yaml = R"(
sources:
  - name: ecb
    rates: {base: EUR}
    connector: csv
    every: 1h
    jitter: 0
    lookback: 7d
    with: {path: )" + (directory_ / "rates.csv") +
                       R"(, columns: {date: Date, rates: "*"}}
clients:
)";
    for (const std::string& client : clients) yaml += "  - {name: " + client + "}\n";
    // Always the same file: its folder is a part of each source.
    testing::write_file(directory_ / "tightrope.yaml", yaml);
    config::Loaded loaded = config::load(directory_ / "tightrope.yaml");
    EXPECT_TRUE(loaded.configuration) << config::format(loaded.errors);
    return loaded.configuration ? std::move(*loaded.configuration) : config::Configuration();
  }
  void publish(const std::string& usd) const {
    testing::write_file(directory_ / "rates.csv",
                        "Date,USD,GBP,\n2026-11-20," + usd + ",0.85,\n2026-11-19,1.07,N/A,\n");
  }
  void run(asio::awaitable<void> work) {
    bool done = false;
    asio::co_spawn(io_, std::move(work), [&](std::exception_ptr failure) {
      done = true;
      EXPECT_FALSE(failure);
    });
    settle();
    EXPECT_TRUE(done);
  }
  void configure(const std::vector<std::string>& clients) {
    const config::Configuration wanted = configuration(clients);
    run(polling_.configure(wanted));
  }
  void settle() {
    io_.restart();
    io_.poll();
  }
  void pass(Duration by) {
    const Timestamp until = clock_.now() + by;
    for (;;) {
      const auto next = clock_.next_deadline();
      if (!next || *next > until) break;
      clock_.set(std::max(*next, clock_.now()));
      settle();
    }
    clock_.set(until);
    settle();
  }
  asio::awaitable<Taken<Accepted>> take(std::string client, rules::ObservationBatch batch) {
    std::string line = client + ":";
    for (const auto& row : batch.rows) {
      line += " " + to_string(batch.entities[row.entity]) + " " + to_string(row.bucket.day) + " " +
              batch.metrics[row.metric] + " " + to_string(row.value);
    }
    Taken<Accepted> taken = Accepted{.changed = static_cast<std::uint32_t>(batch.rows.size())};
    if (client == refusing_) taken = Refusal{Refusal::Kind::not_durable, "the disk is full"};
    handed_.push_back(std::move(line));
    co_return taken;
  }

  TemporaryDirectory directory_;
  asio::io_context io_{1};
  ManualClock clock_{kNoon};
  Metrics metrics_;
  FakeTransfer transfer_;
  const std::unique_ptr<collectors::TokenStore> token_store_ = collectors::make_memory_token_store();
  std::string refusing_;
  std::vector<std::string> handed_;
  Polling polling_{io_.get_executor(),
                   clock_,
                   metrics_,
                   transfer_,
                   *token_store_,
                   [this](std::string client, rules::ObservationBatch batch, std::optional<rules::Coverage>) {
                     return take(std::move(client), std::move(batch));
                   }};
};

constexpr const char* kRates =
    " GBP 2026-11-20 rate@EUR 0.85 USD 2026-11-20 rate@EUR 1.08 GBP 2026-11-19 rate@EUR missing"
    " USD 2026-11-19 rate@EUR 1.07";

TEST_F(PollingTest, RatesOfNobodyGoToAllClients) {
  publish("1.08");
  configure({"acme", "beta"});
  pass(2s);
  EXPECT_EQ(handed_,
            (std::vector<std::string>{std::string("acme:") + kRates, std::string("beta:") + kRates}));
  const auto status = polling_.statuses().at(0);
  EXPECT_EQ(status.name, "ecb");
  EXPECT_EQ(status.client, "");
  EXPECT_EQ(status.last_error, "");
  EXPECT_EQ(status.observations_total, 4u) << "each client's engine took 4";
  EXPECT_EQ(to_string(*status.newest_day), "2026-11-20");
}

TEST_F(PollingTest, AClientThatAReloadAddsHasTheRatesAtTheNextPoll) {
  publish("1.08");
  configure({"acme"});
  pass(2s);
  ASSERT_EQ(handed_.size(), 1u);
  handed_.clear();
  configure({"acme", "beta"});
  pass(30min);
  EXPECT_TRUE(handed_.empty()) << "the source did not change, and goes on undisturbed";
  pass(40min);
  EXPECT_EQ(handed_,
            (std::vector<std::string>{std::string("acme:") + kRates, std::string("beta:") + kRates}));
  handed_.clear();
  configure({"beta"});
  pass(1h);
  EXPECT_EQ(handed_, std::vector<std::string>{std::string("beta:") + kRates});
}

TEST_F(PollingTest, RatesThatOneClientCouldNotKeepAreReadAgainForAll) {
  publish("1.08");
  refusing_ = "acme";
  configure({"acme", "beta"});
  pass(2s);
  ASSERT_GE(handed_.size(), 2u);
  EXPECT_TRUE(handed_[1].starts_with("beta:"));
  refusing_.clear();
  pass(1min);
  EXPECT_EQ(polling_.statuses().at(0).last_error, "");
  EXPECT_EQ(handed_.back(), std::string("beta:") + kRates);
}

TEST_F(PollingTest, ATableWithoutARateFailsThePoll) {
  publish("0");
  configure({"acme"});
  pass(2s);
  EXPECT_TRUE(handed_.empty());
  const auto status = polling_.statuses().at(0);
  EXPECT_EQ(status.last_error_reason, "bad_data");
  EXPECT_NE(status.last_error.find("the rate of USD on 2026-11-20 is 0"), std::string::npos)
      << status.last_error;
}

}  // namespace
}  // namespace tightrope::daemon

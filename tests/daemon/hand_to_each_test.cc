#include "daemon/hand_to_each.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tightrope::daemon {
namespace {

namespace asio = boost::asio;

class HandToEachTest : public ::testing::Test {
 protected:
  asio::awaitable<Taken<Accepted>> take(std::string client, rules::ObservationBatch batch) {
    took_.emplace_back(client, batch.rows.size());
    co_return answers_.at(client);
  }
  Taken<Accepted> hand(std::vector<std::string> clients) {
    rules::BatchBuilder builder("ecb", rules::Timestamp());
    builder.add(builder.entity({{"USD"}}), builder.metric("rate@EUR"), {}, rules::Amount::from_units(1));
    std::optional<Taken<Accepted>> outcome;
    HandToOne one = [this](const std::string& client,
                           rules::ObservationBatch batch) -> std::optional<asio::awaitable<Taken<Accepted>>> {
      if (!answers_.contains(client)) return std::nullopt;
      return take(client, std::move(batch));
    };
    asio::co_spawn(io_, hand_to_each(std::move(clients), std::move(builder).take(), std::move(one)),
                   [&](std::exception_ptr, Taken<Accepted> taken) { outcome = std::move(taken); });
    io_.run();
    return outcome.value();
  }

  asio::io_context io_;
  std::map<std::string, Taken<Accepted>> answers_;
  std::vector<std::pair<std::string, std::size_t>> took_;
};

TEST_F(HandToEachTest, EachThatIsThereHasTheWholeBatch) {
  answers_.emplace("acme", Accepted{.changed = 1, .restated = 0, .outside = 2});
  answers_.emplace("beta", Accepted{.changed = 3, .restated = 1, .outside = 0});
  const auto taken = hand({"acme", "gone", "beta"});
  ASSERT_TRUE(taken);
  EXPECT_EQ(took_, (std::vector<std::pair<std::string, std::size_t>>{{"acme", 1}, {"beta", 1}}));
  EXPECT_EQ(taken->changed, 3u);
  EXPECT_EQ(taken->restated, 1u);
  EXPECT_EQ(taken->outside, 2u);
}

TEST_F(HandToEachTest, OneThatRefusesKeepsNobodyElseWithout) {
  answers_.emplace("acme", Refusal{Refusal::Kind::not_durable, "the disk is full"});
  answers_.emplace("beta", Refusal{Refusal::Kind::overloaded, "too much"});
  answers_.emplace("gamma", Accepted{.changed = 1});
  const auto taken = hand({"acme", "beta", "gamma"});
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().text, "the disk is full");
  EXPECT_EQ(took_.size(), 3u);
}

TEST_F(HandToEachTest, NobodyAtAllIsNoFailure) {
  const auto taken = hand({});
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->changed, 0u);
}

}  // namespace
}  // namespace tightrope::daemon

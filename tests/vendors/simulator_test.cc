// The simulator itself: its faults, and what holds for every vendor. The connectors are not involved.
#include "tests/vendors/simulator.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "collectors/transfer.h"
#include "tests/support/manual_clock.h"
#include "tests/vendors/vendors.h"

namespace tightrope::vendors {
namespace {

// Over HTTP, in virtual time.
class SimulatorTest : public ::testing::Test {
 protected:
  int status_of(Simulator& simulator) {
    const auto transfer = collectors::make_curl_transfer(io_.get_executor(), {});
    collectors::TransferRequest request;
    request.url = simulator.addresses().api + "/report?from=2025-03-05&to=2025-03-11";
    request.secret_headers = {{"Authorization", config::Secret("Bearer plain-secret-token")}};
    request.allow_private_addresses = true;
    int status = 0;
    boost::asio::co_spawn(io_, transfer->fetch(std::move(request)),
                          [&](std::exception_ptr, collectors::TransferResult result) {
                            status = result ? result->status : -1;
                          });
    io_.restart();
    io_.run();
    return status;
  }

  boost::asio::io_context io_;
  testing::ManualClock clock_{kStart};
  Simulator simulator_{make_plain_api(), clock_};
};

TEST_F(SimulatorTest, CountsRequestsBeforeTheyAreAllowed) {
  EXPECT_EQ(status_of(simulator_), 200);
  simulator_.arm({.kind = FaultKind::throttled});
  EXPECT_EQ(status_of(simulator_), 429);
  EXPECT_TRUE(simulator_.fired());
  clock_.advance(std::chrono::seconds(89));
  EXPECT_EQ(status_of(simulator_), 429);
  EXPECT_EQ(simulator_.violations().size(), 1u);
  clock_.advance(std::chrono::seconds(1));
  EXPECT_EQ(status_of(simulator_), 200);
  EXPECT_EQ(simulator_.violations().size(), 1u);
}

TEST_F(SimulatorTest, CutsConnections) {
  simulator_.arm({.kind = FaultKind::cut_connection, .at = 1});
  EXPECT_EQ(status_of(simulator_), 200);
  EXPECT_EQ(status_of(simulator_), -1);
  EXPECT_EQ(status_of(simulator_), 200);
  EXPECT_EQ(simulator_.log().size(), 3u);
}

// Every vendor, once: a wrong path is refused, and whatever it says when it refuses has its shape.
class EveryVendorTest : public ::testing::TestWithParam<NamedVendor> {};

TEST_P(EveryVendorTest, RefusesWrongPaths) {
  const auto vendor = GetParam().make();
  TokenDesk tokens;
  Situation situation{.now = kStart, .addresses = {}, .tokens = tokens};
  const HttpReply reply = vendor->answer(Request({"GET", "/nowhere", {}, ""}), situation);
  EXPECT_GE(reply.status, 400);
  EXPECT_NE(situation.complaint, "");
}

TEST_P(EveryVendorTest, RestatesAndRemoves) {
  const auto vendor = GetParam().make();
  const auto before = vendor->truth(kStart).figures;
  ASSERT_FALSE(before.empty());
  vendor->restate({kToday - 6, kToday}, kStart);
  const auto restated = vendor->truth(kStart).figures;
  const bool counts_only =
      std::string_view(GetParam().name) == "hubspot_contacts";  // nothing of them changes
  EXPECT_TRUE(counts_only || before != restated);
  vendor->remove_rows({kToday - 6, kToday});
  EXPECT_TRUE(restated != vendor->truth(kStart).figures);
}

TEST_P(EveryVendorTest, AsksForPatienceOfSomeLength) {
  const auto vendor = GetParam().make();
  const Request request(HttpRequest{"GET", "/", {}, ""});
  EXPECT_FALSE(vendor->throttles().empty());
  for (const Throttle& throttle : vendor->throttles()) {
    EXPECT_FALSE(throttle.reply(request, kStart).body.empty()) << throttle.name;
    EXPECT_GT(throttle.until(kStart), kStart) << throttle.name;
  }
  EXPECT_EQ(vendor->error_in_200(request).status, 200);
}

INSTANTIATE_TEST_SUITE_P(All, EveryVendorTest, ::testing::ValuesIn(all_vendors()),
                         [](const auto& each) { return std::string(each.param.name); });

}  // namespace
}  // namespace tightrope::vendors

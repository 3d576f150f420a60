// Every connector against a vendor that does what vendors do: it ends with exactly the vendor's truth, it
// never hands over anything else on the way, and it never asks before it is allowed to.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "tests/support/log_capture.h"
#include "tests/vendors/drive.h"
#include "tests/vendors/fault_cases.h"

namespace tightrope::vendors {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// Longer than any fault: until a day's quota is given again, twice.
constexpr rules::Duration kLongEnough = 54h;

class Conformance {
 public:
  explicit Conformance(const NamedVendor& vendor) : drive_(vendor.make()) {}

  Drive& drive() noexcept { return drive_; }
  Simulator& simulator() noexcept { return drive_.simulator(); }

  // The connector reads it, as it is.
  void read_once() {
    const std::string problem = drive_.start();
    if (!problem.empty()) {
      ADD_FAILURE() << "the configuration is refused: " << problem;
      return;
    }
    simulator().arm({});
    EXPECT_TRUE(drive_.next_batch(1h)) << story();
  }
  void change_the_truth() {
    const rules::DayRange days = drive_.days_read();
    const rules::Timestamp now = drive_.now();
    simulator().with_vendor([&](Vendor& vendor, TokenDesk&) { vendor.restate(days, now); });
  }
  // Whatever was handed over was true at that time.
  void expect_only_truth() {
    for (const HandedOver& handed : drive_.handed_over())
      EXPECT_THAT(handed.differences, IsEmpty())
          << "handed over at " << rules::to_rfc3339(handed.at) << story();
  }
  void expect_good_manners() {
    EXPECT_THAT(simulator().violations(), IsEmpty()) << story();
    for (const std::string& secret : secrets()) {
      EXPECT_FALSE(log_.contains(secret)) << "a log line has a secret";
      EXPECT_THAT(drive_.status().last_error, Not(HasSubstr(secret)));
    }
  }
  // What happened, for whoever reads a failure.
  std::string story() {
    std::string text =
        "\nlast error: " + drive_.status().last_error_reason + ": " + drive_.status().last_error + '\n';
    for (const LoggedRequest& request : simulator().log())
      text += rules::to_rfc3339(request.at) + ' ' + request.line.substr(0, 400) + '\n';
    return text;
  }

 private:
  std::vector<std::string> secrets() {
    std::vector<std::string> all = simulator().facts().secrets;
    all.insert(all.end(), {"access-secret-", "refresh-secret-", TokenDesk::kClientSecret});
    return all;
  }

  testing::LogCapture log_;
  Drive drive_;
};

class VendorTest : public ::testing::TestWithParam<NamedVendor> {};
class VendorTokenTest : public ::testing::TestWithParam<NamedVendor> {};
class VendorFaultTest : public ::testing::TestWithParam<FaultCase> {};

TEST_P(VendorTest, ReadsTheTruth) {
  Conformance test(GetParam());
  test.read_once();
  if (HasFailure()) return;
  test.expect_only_truth();
  test.expect_good_manners();
  EXPECT_GE(test.simulator().requests(), test.simulator().facts().least_requests);
}

TEST_P(VendorTest, FollowsRestatedDays) {
  Conformance test(GetParam());
  test.read_once();
  if (HasFailure()) return;
  for (int i = 0; i < 3; ++i) {
    test.change_the_truth();
    ASSERT_TRUE(test.drive().next_batch(1h)) << test.story();
  }
  test.expect_only_truth();
  test.expect_good_manners();
}

TEST_P(VendorTest, FollowsVanishedRows) {
  Conformance test(GetParam());
  test.read_once();
  if (HasFailure()) return;
  const rules::DayRange days = test.drive().days_read();
  test.simulator().with_vendor([&](Vendor& vendor, TokenDesk&) { vendor.remove_rows(days); });
  ASSERT_TRUE(test.drive().next_batch(1h)) << test.story();
  test.expect_only_truth();
  test.expect_good_manners();
}

TEST_P(VendorTokenTest, KeepsUpWithRotatedTokensThroughRestarts) {
  Conformance test(GetParam());
  test.simulator().with_vendor([](Vendor&, TokenDesk& tokens) {
    tokens.rotates = true;
    tokens.lifetime = 20min;
  });
  test.read_once();
  if (HasFailure()) return;
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(test.drive().next_batch(1h)) << test.story();
  test.drive().restart();
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(test.drive().next_batch(1h)) << test.story();
  const int refreshes =
      test.simulator().with_vendor([](Vendor&, TokenDesk& tokens) { return tokens.refreshes(); });
  EXPECT_GE(refreshes, 4) << test.story();
  test.expect_only_truth();
  test.expect_good_manners();
}

TEST_P(VendorFaultTest, EndsWithTheTruth) {
  Conformance test(GetParam().vendor);
  test.read_once();
  if (HasFailure()) return;
  test.change_the_truth();
  test.simulator().arm(GetParam().fault);
  const bool over = test.drive().run_until(
      [&] {
        const auto& handed = test.drive().handed_over();
        return test.simulator().fired() && handed.back().fault_had_fired;
      },
      kLongEnough);
  ASSERT_TRUE(test.simulator().fired()) << "the fault never hit" << test.story();
  ASSERT_TRUE(over) << "no figures came after the fault" << test.story();
  test.expect_only_truth();
  test.expect_good_manners();
}

// Those whose credentials are renewed.
std::vector<NamedVendor> vendors_with_tokens() {
  std::vector<NamedVendor> vendors = all_vendors();
  std::erase_if(vendors, [](const NamedVendor& vendor) { return !vendor.make()->facts().oauth; });
  return vendors;
}

INSTANTIATE_TEST_SUITE_P(All, VendorTokenTest, ::testing::ValuesIn(vendors_with_tokens()),
                         [](const auto& each) { return std::string(each.param.name); });
INSTANTIATE_TEST_SUITE_P(All, VendorTest, ::testing::ValuesIn(all_vendors()),
                         [](const auto& each) { return std::string(each.param.name); });
INSTANTIATE_TEST_SUITE_P(Large, VendorTest, ::testing::ValuesIn(large_vendors()),
                         [](const auto& each) { return std::string(each.param.name); });
INSTANTIATE_TEST_SUITE_P(All, VendorFaultTest, ::testing::ValuesIn(fault_cases()),
                         [](const auto& each) { return each.param.name; });

}  // namespace
}  // namespace tightrope::vendors

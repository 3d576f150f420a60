// A small world of advertising accounts whose figures are known exactly: what a platform reports at any
// instant, and what it will report in the end.
//
// The atom is a slot of five minutes of one campaign. Its impressions, clicks, prices and conversions are
// drawn from a key made of (seed, account, campaign, slot), so that any slot can be asked for alone and sums
// never depend on the order or the width of what is asked. Around them the world does what real platforms do:
//   - a slot is reported once it is over, so that today's figures grow;
//   - a share of the clicks is invalid: charged at first, taken back days later together with its cost;
//   - conversions belong to the slot of their click, and a share of them arrives hours or days after it.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/simulator/incident.h"

namespace date {
class time_zone;
}

namespace tightrope::simulator {

using Day = std::chrono::sys_days;  // a calendar day of an account: it begins when the account's zone says
constexpr std::chrono::minutes kSlot{5};
// As seen when everything has arrived and nothing will be restated any more.
constexpr Instant kInTheEnd = Instant::max();

enum class DayCurve { flat, office, evening, morning };
std::optional<DayCurve> parse_day_curve(std::string_view text) noexcept;
// The hour's weight; the 24 of a curve have the mean 1.
double weight_of(DayCurve curve, int hour) noexcept;

// Means of a day without incidents; what is drawn varies around them.
struct Campaign {
  std::string name;  // unique within the account
  std::string channel;
  double impressions_per_day = 0;  // of an average weekday profile: those of Monday to Sunday have the mean 1
  std::array<double, 7> weekday{1, 1, 1, 1, 1, 1, 1};  // Monday first
  DayCurve curve = DayCurve::flat;
  double ctr = 0;           // clicks / impressions
  double cpc = 0;           // cost per click, in the account's currency
  double cpm = 0;           // cost per thousand impressions, beside the clicks
  double cvr = 0;           // conversions / clicks
  double aov = 0;           // revenue / conversions
  double late_share = 0.2;  // of conversions: they do not arrive with the click
  std::chrono::seconds late_mean{std::chrono::hours(30)};    // their mean delay
  std::chrono::seconds late_longest{std::chrono::days(14)};  // platforms stop attributing then
  double invalid_share = 0.02;  // clicks taken back, as a share of the valid ones
  std::chrono::seconds invalid_after{std::chrono::hours(54)};  // how long that takes
};

struct Account {
  std::string id;        // unique
  std::string currency;  // ISO 4217
  std::string timezone;  // IANA
  std::vector<Campaign> campaigns;
};

// Sums over some slots.
struct Figures {
  std::int64_t impressions = 0;
  std::int64_t clicks = 0;
  std::int64_t spend_micros = 0;
  std::int64_t conversions = 0;
  std::int64_t revenue_micros = 0;

  bool empty() const noexcept {
    return impressions == 0 && clicks == 0 && spend_micros == 0 && conversions == 0;
  }
  Figures& operator+=(const Figures& other) noexcept;
  friend bool operator==(const Figures&, const Figures&) = default;
};

struct Record {
  Day day;
  // Of the local clock; none: the whole day. The hour that comes twice is one record.
  std::optional<int> hour;
  const Campaign* campaign = nullptr;  // into the world
  Figures figures;
};

enum class Granularity { day, hour };

// Immutable but for its incidents. Not thread-safe.
class World {
 public:
  // Slots before `begin` have no figures: the account did not advertise then.
  // Throws std::runtime_error when a zone is unknown.
  World(std::uint64_t seed, std::vector<Account> accounts, Instant begin);

  const std::vector<Account>& accounts() const noexcept { return accounts_; }
  const Account* find_account(std::string_view id) const noexcept;
  Incidents& incidents() noexcept { return incidents_; }
  const Incidents& incidents() const noexcept { return incidents_; }

  // REQUIRES of all that follow: the account and the campaign are this world's.
  Day day_of(const Account& account, Instant time) const;
  Instant start_of(const Account& account, Day day) const;

  // What the platform reports at `as_of` for the slots that begin in [from, to).
  Figures sum(const Account& account, const Campaign& campaign, Instant from, Instant to,
              Instant as_of) const;
  // One record per campaign and bucket of the days [first, last] that has figures: platforms leave out empty
  // ones. By day, then hour, then the campaigns' order.
  std::vector<Record> report(const Account& account, Day first, Day last, Granularity granularity,
                             Instant as_of) const;

 private:
  struct CampaignSetting;
  const date::time_zone& zone_of(const Account& account) const;
  CampaignSetting setting(const Account& account, const Campaign& campaign) const;
  void add_slots(const CampaignSetting& setting, Instant from, Instant to, Instant as_of, Figures& sum) const;

  std::uint64_t seed_;
  std::vector<Account> accounts_;
  std::vector<const date::time_zone*> zones_;  // of accounts_, owned by the zone database
  Instant begin_;
  Incidents incidents_;
};

}  // namespace tightrope::simulator

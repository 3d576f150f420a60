#include "tests/simulator/model.h"

#include <date/tz.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "tests/simulator/random.h"

namespace tightrope::simulator {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::hours;
using std::chrono::seconds;

// What a draw is about. The numbers are part of every key: changing one changes the world of every seed.
enum class Purpose : std::uint64_t {
  day_demand = 1,
  day_rate,
  day_price,
  impressions,
  clicks,
  price,
  invalid,
  conversions
};

// How much days differ from one another, as shapes of gamma factors: coefficient of variation 1 /
// sqrt(shape).
constexpr double kDemandShape = 120;
constexpr double kRateShape = 400;
constexpr double kPriceShape = 600;
// And the prices of slots within a day.
constexpr double kSlotPriceShape = 30;
constexpr double kBasketShape = 4;  // one order's value

constexpr double kSlotsPerDay = days(1) / kSlot;

constexpr std::array<double, 24> kOffice{0.25, 0.15, 0.10, 0.10, 0.15, 0.30, 0.60, 0.95,
                                         1.40, 1.75, 1.85, 1.80, 1.55, 1.60, 1.75, 1.75,
                                         1.60, 1.35, 1.10, 1.05, 1.00, 0.85, 0.60, 0.40};
constexpr std::array<double, 24> kEvening{0.60, 0.35, 0.20, 0.15, 0.15, 0.25, 0.50, 0.75,
                                          0.85, 0.90, 0.95, 1.05, 1.15, 1.10, 1.05, 1.05,
                                          1.15, 1.30, 1.55, 1.85, 2.05, 2.00, 1.55, 1.50};
constexpr std::array<double, 24> kMorning{0.10, 0.05, 0.05, 0.05, 0.10, 0.40, 1.60, 3.40,
                                          3.90, 2.90, 2.00, 1.40, 1.20, 1.00, 0.85, 0.75,
                                          0.70, 0.70, 0.65, 0.60, 0.55, 0.45, 0.35, 0.25};

double mean_of(const std::array<double, 24>& curve) noexcept {
  double sum = 0;
  for (const double weight : curve) sum += weight;
  return sum / 24;
}

// Cent by cent would lose the pennies of many small clicks; micros do not.
std::int64_t micros(double amount) noexcept {
  return std::llround(amount * 1e6);
}

std::uint64_t number_of(Instant time) noexcept {
  return static_cast<std::uint64_t>(time.time_since_epoch().count());
}

}  // namespace

std::optional<DayCurve> parse_day_curve(std::string_view text) noexcept {
  if (text == "flat") return DayCurve::flat;
  if (text == "office") return DayCurve::office;
  if (text == "evening") return DayCurve::evening;
  if (text == "morning") return DayCurve::morning;
  return std::nullopt;
}

double weight_of(DayCurve curve, int hour) noexcept {
  static const double office_mean = mean_of(kOffice);
  static const double evening_mean = mean_of(kEvening);
  static const double morning_mean = mean_of(kMorning);
  const auto index = static_cast<std::size_t>(hour);
  switch (curve) {
    case DayCurve::office:
      return kOffice[index] / office_mean;
    case DayCurve::evening:
      return kEvening[index] / evening_mean;
    case DayCurve::morning:
      return kMorning[index] / morning_mean;
    case DayCurve::flat:
      break;
  }
  return 1;
}

Figures& Figures::operator+=(const Figures& other) noexcept {
  impressions += other.impressions;
  clicks += other.clicks;
  spend_micros += other.spend_micros;
  conversions += other.conversions;
  revenue_micros += other.revenue_micros;
  return *this;
}

// What stays the same over all slots of a campaign.
struct World::CampaignSetting {
  const Account* account;
  const Campaign* campaign;
  const date::time_zone* zone;
  std::uint64_t key;
  double weekday_mean;

  Draws draws(Purpose purpose, std::uint64_t about) const noexcept {
    return Draws(combine(combine(key, static_cast<std::uint64_t>(purpose)), about));
  }
};

World::World(std::uint64_t seed, std::vector<Account> accounts, Instant begin)
    : seed_(seed), accounts_(std::move(accounts)), begin_(begin) {
  zones_.reserve(accounts_.size());
  for (const Account& account : accounts_) zones_.push_back(date::locate_zone(account.timezone));
}

const Account* World::find_account(std::string_view id) const noexcept {
  for (const Account& account : accounts_) {
    if (account.id == id) return &account;
  }
  return nullptr;
}

const date::time_zone& World::zone_of(const Account& account) const {
  return *zones_[static_cast<std::size_t>(&account - accounts_.data())];
}

World::CampaignSetting World::setting(const Account& account, const Campaign& campaign) const {
  double weekdays = 0;
  for (const double weight : campaign.weekday) weekdays += weight;
  return {&account, &campaign, &zone_of(account),
          combine(combine(combine(seed_, 0), key_of(account.id)), key_of(campaign.name)), weekdays / 7};
}

Day World::day_of(const Account& account, Instant time) const {
  return Day(floor<days>(zone_of(account).to_local(time)).time_since_epoch());
}

Instant World::start_of(const Account& account, Day day) const {
  return zone_of(account).to_sys(date::local_days(day.time_since_epoch()), date::choose::earliest);
}

void World::add_slots(const CampaignSetting& setting, Instant from, Instant to, Instant as_of,
                      Figures& sum) const {
  const Campaign& campaign = *setting.campaign;
  const auto aligned = [](Instant time) {
    const Instant slot = floor<std::chrono::duration<std::int64_t, std::ratio<300>>>(time);
    return slot < time ? slot + kSlot : slot;
  };
  Instant hour_end = Instant::min();
  double mean_impressions = 0;
  double mean_rate = 0;
  double mean_price = 0;
  // A slot is told when it is over.
  const Instant last = std::min(to, as_of == kInTheEnd ? to : as_of - kSlot + seconds(1));
  for (Instant slot = aligned(std::max(from, begin_)); slot < last; slot += kSlot) {
    if (slot >= hour_end) {  // zones change their offset at full quarters, and only there
      hour_end = floor<std::chrono::duration<std::int64_t, std::ratio<900>>>(slot) + std::chrono::minutes(15);
      const auto local = setting.zone->to_local(slot);
      const auto local_day = floor<days>(local);
      const auto day_key = static_cast<std::uint64_t>(local_day.time_since_epoch().count());
      const int hour = static_cast<int>(floor<hours>(local - local_day).count());
      const unsigned weekday = date::weekday(local_day).iso_encoding() - 1;
      mean_impressions = campaign.impressions_per_day / kSlotsPerDay * campaign.weekday[weekday] /
                         setting.weekday_mean * weight_of(campaign.curve, hour) *
                         setting.draws(Purpose::day_demand, day_key).gamma(kDemandShape);
      mean_rate = campaign.cvr * setting.draws(Purpose::day_rate, day_key).gamma(kRateShape);
      mean_price = campaign.cpc * setting.draws(Purpose::day_price, day_key).gamma(kPriceShape);
    }
    const Disturbance disturbance = incidents_.at(setting.account->id, campaign.name, slot);
    if (!disturbance.serving) continue;
    const std::uint64_t about = number_of(slot);

    const std::int64_t impressions = setting.draws(Purpose::impressions, about).poisson(mean_impressions);
    const double expected_clicks = static_cast<double>(impressions) * campaign.ctr;
    const std::int64_t clicks =
        std::min(impressions, setting.draws(Purpose::clicks, about).poisson(expected_clicks));
    const double price =
        mean_price * disturbance.cpc_factor * setting.draws(Purpose::price, about).gamma(kSlotPriceShape);
    const std::int64_t click_price = micros(price);
    sum.impressions += impressions;
    sum.clicks += clicks;
    sum.spend_micros += clicks * click_price + micros(static_cast<double>(impressions) * campaign.cpm / 1000);

    if (as_of != kInTheEnd && as_of - slot < campaign.invalid_after) {
      const std::int64_t invalid = setting.draws(Purpose::invalid, about)
                                       .poisson(static_cast<double>(clicks) * campaign.invalid_share);
      sum.clicks += invalid;
      sum.spend_micros += invalid * click_price;
    }

    if (!disturbance.tracked) continue;
    Draws draws = setting.draws(Purpose::conversions, about);
    const std::int64_t conversions =
        std::min(clicks, draws.poisson(static_cast<double>(clicks) * mean_rate * disturbance.cvr_factor));
    for (std::int64_t i = 0; i < conversions; ++i) {
      const bool late = draws.uniform() < campaign.late_share;
      const double delay = draws.exponential() * static_cast<double>(campaign.late_mean.count());
      const double basket = draws.gamma(kBasketShape);
      const double lag = late ? std::min(delay, static_cast<double>(campaign.late_longest.count())) : 0;
      if (as_of != kInTheEnd && static_cast<double>((as_of - slot - kSlot).count()) < lag) continue;
      sum.conversions += 1;
      sum.revenue_micros += micros(campaign.aov * basket);
    }
  }
}

Figures World::sum(const Account& account, const Campaign& campaign, Instant from, Instant to,
                   Instant as_of) const {
  Figures sum;
  add_slots(setting(account, campaign), from, to, as_of, sum);
  return sum;
}

std::vector<Record> World::report(const Account& account, Day first, Day last, Granularity granularity,
                                  Instant as_of) const {
  std::vector<Record> records;
  for (Day day = first; day <= last; day += days(1)) {
    const Instant begin = start_of(account, day);
    const Instant end = start_of(account, day + days(1));
    if (granularity == Granularity::day) {
      for (const Campaign& campaign : account.campaigns) {
        const Figures figures = sum(account, campaign, begin, end, as_of);
        if (!figures.empty()) records.push_back({day, std::nullopt, &campaign, figures});
      }
      continue;
    }
    // By quarters of an hour, since some zones are not whole hours away; gathered by the hour on the local
    // clock.
    std::vector<std::array<Figures, 24>> by_hour(account.campaigns.size());
    for (std::size_t i = 0; i < account.campaigns.size(); ++i) {
      const CampaignSetting one = setting(account, account.campaigns[i]);
      for (Instant quarter = begin; quarter < end; quarter += std::chrono::minutes(15)) {
        const auto local = one.zone->to_local(quarter);
        const auto hour = static_cast<std::size_t>(floor<hours>(local - floor<days>(local)).count());
        add_slots(one, quarter, std::min(end, quarter + std::chrono::minutes(15)), as_of, by_hour[i][hour]);
      }
    }
    for (std::size_t hour = 0; hour < 24; ++hour) {
      for (std::size_t i = 0; i < account.campaigns.size(); ++i) {
        const Figures& figures = by_hour[i][hour];
        if (!figures.empty())
          records.push_back({day, static_cast<int>(hour), &account.campaigns[i], figures});
      }
    }
  }
  return records;
}

}  // namespace tightrope::simulator

#include "collectors/arrival_memory.h"

#include <algorithm>
#include <cmath>

#include "rules/codec.h"

namespace tightrope::collectors {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr double kHundredths = 100;
// What a share is learnt from, at least.
constexpr int kLeastDays = 5;
constexpr double kLeastConversions = 20;
constexpr int kSettled = 8;  // days after which nothing is taken to come any more
// Where nothing was learnt: conversions trail clicks by days.
constexpr std::array<double, KnownDay::kAges> kGuess{0.25, 0.5, 0.7, 0.8, 0.85, 0.9, 0.95};

constexpr std::array<std::string_view, 4> kMetrics{"spend", "impressions", "clicks", "conversions"};
constexpr std::size_t kOther = kMetrics.size();

double& figure(DayTotals& totals, std::size_t metric) noexcept {
  switch (metric) {
    case 0:
      return totals.spend;
    case 1:
      return totals.impressions;
    case 2:
      return totals.clicks;
    default:
      return totals.conversions;
  }
}

void save(const DayTotals& totals, rules::ByteWriter& out) {
  DayTotals copy = totals;
  for (std::size_t i = 0; i < kMetrics.size(); ++i)
    out.signed_varint(std::llround(figure(copy, i) * kHundredths));
}

DayTotals load_totals(rules::ByteReader& in) {
  DayTotals totals;
  for (std::size_t i = 0; i < kMetrics.size(); ++i)
    figure(totals, i) = static_cast<double>(in.signed_varint()) / kHundredths;
  return totals;
}

void save(rules::Day day, rules::ByteWriter& out) {
  out.signed_varint(day.number);
}

rules::Day load_day(rules::ByteReader& in) {
  return {static_cast<std::int32_t>(in.signed_varint_in(std::numeric_limits<std::int32_t>::min(),
                                                        std::numeric_limits<std::int32_t>::max()))};
}

}  // namespace

std::size_t ArrivalMemory::campaign_depth(const rules::Dimensions& dimensions) noexcept {
  const std::size_t campaign = dimensions.index_of("campaign");
  return campaign == dimensions.names.size() ? rules::Dimensions::kMost : campaign + 1;
}

void ArrivalMemory::forget(rules::DayRange days) {
  for (auto campaign = campaigns_.begin(); campaign != campaigns_.end();) {
    Days& known = campaign->second;
    known.erase(known.lower_bound(days.first), known.upper_bound(days.last));
    campaign = known.empty() ? campaigns_.erase(campaign) : std::next(campaign);
  }
}

void ArrivalMemory::take(const Collected& collected, rules::Day today, std::size_t depth) {
  const rules::Day first_kept = today - (kDays - 1);
  if (!days_.empty() && days_.begin()->first < first_kept) {
    forget({rules::kFirstDay, first_kept - 1});
    days_.erase(days_.begin(), days_.lower_bound(first_kept));
  }
  if (!collected.complete) return;
  const rules::DayRange days{std::max(collected.complete->first, first_kept),
                             std::min(collected.complete->last, today)};
  if (days.length() == 0) return;
  forget(days);
  for (rules::Day day = days.first; day <= days.last; day = day + 1) {
    KnownDay& known = days_[day];
    known.over = day < today;
    known.figures = 0;
    known.totals = {};
  }

  const rules::ObservationBatch& batch = collected.batch;
  std::vector<std::size_t> metrics;
  for (const std::string& metric : batch.metrics) {
    metrics.push_back(
        static_cast<std::size_t>(std::find(kMetrics.begin(), kMetrics.end(), metric) - kMetrics.begin()));
  }
  std::vector<Days*> of_entity(batch.entities.size(), nullptr);
  std::vector<std::uint8_t> looked(batch.entities.size(), 0);
  KnownDay* known = nullptr;
  rules::Day known_day{};
  for (const auto& row : batch.rows) {
    if (row.value.is_missing() || !days.contains(row.bucket.day)) continue;
    if (known == nullptr || known_day != row.bucket.day) {
      known_day = row.bucket.day;
      known = &days_[known_day];
    }
    ++known->figures;
    const std::size_t metric = metrics[row.metric];
    if (metric == kOther || row.value.micros() == 0) continue;
    const double value = row.value.to_double();
    figure(known->totals, metric) += value;
    if (looked[row.entity] == 0) {
      looked[row.entity] = 1;
      rules::Entity campaign = batch.entities[row.entity].prefix(depth);
      const bool room = campaigns_.size() < kMostCampaigns || campaigns_.contains(campaign);
      if (room && !campaign.path.empty()) of_entity[row.entity] = &campaigns_[std::move(campaign)];
    }
    if (Days* const campaign = of_entity[row.entity]) figure((*campaign)[known_day], metric) += value;
  }
  for (rules::Day day = days.first; day <= days.last; day = day + 1) {
    const int age = today - day;
    if (age < 1 || age > static_cast<int>(KnownDay::kAges)) continue;
    KnownDay& one = days_[day];
    one.conversions_at[static_cast<std::size_t>(age - 1)] = one.totals.conversions;
  }
}

double ArrivalMemory::arrived_share(int age) const {
  if (age < 1) return 0;
  if (age > static_cast<int>(KnownDay::kAges)) return 1;
  const auto place = static_cast<std::size_t>(age - 1);
  if (days_.empty()) return kGuess[place];
  const rules::Day newest = days_.rbegin()->first;
  int days = 0;
  double then = 0;
  double now = 0;
  for (const auto& [day, known] : days_) {
    if (newest - day < kSettled || known.conversions_at[place] < 0) continue;
    ++days;
    then += known.conversions_at[place];
    now += known.totals.conversions;
  }
  if (days < kLeastDays || now < kLeastConversions) return kGuess[place];
  return std::clamp(then / now, 0.0, 1.0);
}

std::string ArrivalMemory::encode() const {
  rules::ByteWriter out;
  out.byte(kVersion);
  out.varint(days_.size());
  for (const auto& [day, known] : days_) {
    save(day, out);
    out.boolean(known.over);
    out.varint(known.figures);
    save(known.totals, out);
    for (const double conversions : known.conversions_at)
      out.signed_varint(std::llround(conversions * kHundredths));
  }
  out.varint(campaigns_.size());
  for (const auto& [entity, days] : campaigns_) {
    out.varint(entity.path.size());
    for (const std::string& value : entity.path) out.string(value);
    out.varint(days.size());
    for (const auto& [day, totals] : days) {
      save(day, out);
      save(totals, out);
    }
  }
  out.varint(schema.columns.size());
  for (const std::string& column : schema.columns) out.string(column);
  out.varint(schema.fields.size());
  for (const auto& [name, seen] : schema.fields) {
    out.string(name);
    out.byte(seen);
  }
  out.varint(schema.records);
  out.boolean(schema.other_since.has_value());
  if (schema.other_since) save(*schema.other_since, out);
  return std::move(out).take();
}

std::optional<ArrivalMemory> ArrivalMemory::decode(std::string_view bytes) {
  rules::ByteReader in(bytes);
  if (in.byte() != kVersion) return std::nullopt;
  ArrivalMemory memory;
  for (std::size_t left = in.count(14); in.ok() && left > 0; --left) {
    KnownDay& known = memory.days_[load_day(in)];
    known.over = in.boolean();
    known.figures = static_cast<std::uint32_t>(in.varint_up_to(std::numeric_limits<std::uint32_t>::max()));
    known.totals = load_totals(in);
    for (double& conversions : known.conversions_at)
      conversions = static_cast<double>(in.signed_varint()) / kHundredths;
  }
  for (std::size_t left = in.count(2); in.ok() && left > 0; --left) {
    rules::Entity entity;
    for (std::size_t values = in.count(1); in.ok() && values > 0; --values)
      entity.path.emplace_back(in.string());
    Days& days = memory.campaigns_[std::move(entity)];
    for (std::size_t each = in.count(5); in.ok() && each > 0; --each) {
      const rules::Day day = load_day(in);
      days[day] = load_totals(in);
    }
  }
  for (std::size_t left = in.count(1); in.ok() && left > 0; --left)
    memory.schema.columns.emplace_back(in.string());
  for (std::size_t left = in.count(2); in.ok() && left > 0; --left) {
    std::string name(in.string());
    memory.schema.fields[std::move(name)] = in.byte();
  }
  memory.schema.records = in.varint();
  if (in.boolean()) memory.schema.other_since = load_day(in);
  if (!in.finished()) return std::nullopt;
  return memory;
}

}  // namespace tightrope::collectors

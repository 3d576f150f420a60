#include "tests/vendors/record_truth.h"

#include <date/tz.h>

#include <algorithm>
#include <stdexcept>

#include "tests/simulator/random.h"

namespace tightrope::vendors {
namespace {

using simulator::combine;
using simulator::Draws;

constexpr std::int64_t kToMidnight = 612;  // ten minutes and a bit; whole hundredths of an hour

std::int64_t below(Draws& draws, std::int64_t bound) {
  return static_cast<std::int64_t>(draws.next() % static_cast<std::uint64_t>(bound));
}

rules::Calendar calendar_of(const std::string& zone) {
  auto calendar = rules::Calendar::open(zone, std::chrono::Monday);
  if (!calendar) throw std::invalid_argument("no zone " + zone);
  return *std::move(calendar);
}

}  // namespace

RecordTruth::RecordTruth(RecordShape shape) : shape_(std::move(shape)), calendar_(calendar_of(shape_.zone)) {
  std::int64_t number = 0;
  for (rules::Day day = shape_.days.first; day <= shape_.days.last; day = day + 1) {
    Draws draws(combine(shape_.seed, static_cast<std::uint64_t>(day.number)));
    const rules::Timestamp begin = calendar_.start_of(day);
    const std::int64_t length = (calendar_.start_of(day + 1) - begin).count() / 1000;
    std::vector<std::int64_t> times{0,
                                    length - kToMidnight};  // the first second, and ten minutes to midnight
    while (times.size() < static_cast<std::size_t>(shape_.per_day))
      times.push_back(below(draws, length - 600));
    std::sort(times.begin(), times.end());
    for (const std::int64_t second : times) {
      Record record;
      record.id = shape_.first_id + 7 * number++;
      record.at = begin + std::chrono::seconds(second);
      record.updated = record.at;
      record.campaign = static_cast<std::size_t>(below(draws, 6));
      record.amount = (1 + below(draws, 90'000)) * 10'000;
      record.kept = record.amount;
      record.seconds = 36 * (1 + below(draws, 250));
      const std::int64_t left = (length - second) / 36 * 36;  // of the day
      if (second == length - kToMidnight && shape_.overnight) {
        record.seconds = kToMidnight + 3600;
      } else if (record.seconds > left) {
        record.seconds = std::max<std::int64_t>(36, left);
      }
      record.count = 100 + below(draws, 5000);
      record.opens = below(draws, record.count);
      record.clicks = below(draws, record.opens + 1);
      record.leavers = below(draws, 9);
      record.good = draws.uniform() < 0.75;
      record.test = draws.uniform() < 0.1;
      record.voided = draws.uniform() < 0.1;
      records_.push_back(record);
    }
  }
}

void RecordTruth::restate(rules::DayRange days, rules::Timestamp now) {
  ++edition_;
  for (Record& record : records_) {
    Draws draws(combine(edition_, static_cast<std::uint64_t>(record.id)));
    if (record.at > now || !days.contains(day_of(record)) || draws.uniform() < 0.5) continue;
    record.updated = std::chrono::floor<std::chrono::seconds>(now);
    record.kept = below(draws, record.amount / 10'000) * 10'000;
    record.opens = std::min(record.count, record.opens + 1 + below(draws, 50));
    record.clicks = std::min(record.opens, record.clicks + 1);
    record.seconds = std::max<std::int64_t>(36, record.seconds - 36);
    record.voided = record.voided || draws.uniform() < 0.2;
    if (draws.uniform() < 0.3) record.good = !record.good;
  }
}

void RecordTruth::remove_rows(rules::DayRange days) {
  ++edition_;
  const std::int64_t kept = records_.front().id;
  std::erase_if(records_, [&](const Record& record) {
    Draws draws(combine(edition_, static_cast<std::uint64_t>(record.id)));
    return record.id != kept && days.contains(day_of(record)) && draws.uniform() < 0.3;
  });
}

std::string local_rfc3339(rules::Timestamp time, const std::string& zone) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  return date::format("%FT%T%Ez", date::make_zoned(zone, seconds));
}

}  // namespace tightrope::vendors

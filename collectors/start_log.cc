#include "collectors/start_log.h"

#include <algorithm>

namespace tightrope::collectors {
namespace {

constexpr std::size_t kFew = 1'000;
constexpr int kAgeBySpan = 64;

}  // namespace

void StartLog::add(rules::Timestamp at) {
  if (!groups_.empty() && groups_.back().first == at && groups_.back().last == at) {
    ++groups_.back().starts;
    return;
  }
  groups_.push_back({.first = at, .last = at, .starts = 1});
  if (groups_.size() >= compress_at_) compress(at);
}

rules::Timestamp StartLog::earliest(const Rates& rates, rules::Timestamp from) const {
  rules::Timestamp at = from;
  for (const auto& rate : rates) {
    std::int64_t left = std::max(rate.requests, 1);
    for (auto group = groups_.rbegin(); group != groups_.rend(); ++group) {
      if (group->last + rate.in <= at) break;
      left -= group->starts;
      if (left > 0) continue;
      at = group->last + rate.in;
      break;
    }
  }
  return at;
}

void StartLog::forget_before(rules::Timestamp instant) {
  while (!groups_.empty() && groups_.front().last < instant) groups_.pop_front();
}

void StartLog::shift_back(rules::Duration by) {
  for (Group& group : groups_) {
    group.first -= by;
    group.last -= by;
  }
}

void StartLog::compress(rules::Timestamp now) {
  std::deque<Group> fewer;
  for (const Group& group : groups_) {
    // By the age of its last: as it was merged, it is at any later time.
    if (!fewer.empty() && (group.last - fewer.back().first) * kAgeBySpan <= now - group.last) {
      fewer.back().last = group.last;
      fewer.back().starts += group.starts;
    } else {
      fewer.push_back(group);
    }
  }
  groups_ = std::move(fewer);
  // Not at every start: what was just compressed cannot be compressed much further.
  compress_at_ = std::max(kFew, groups_.size() * 2);
}

}  // namespace tightrope::collectors

#include "daemon/outbox_queue.h"

#include <algorithm>
#include <cassert>
#include <string_view>
#include <unordered_set>

namespace tightrope::daemon {

using rules::Duration;
using rules::Timestamp;

OutboxQueue::OutboxQueue(const OutboxLimits& limits, std::uint64_t jitter_seed)
    : limits_(limits), backoff_(limits.first_backoff, limits.longest_backoff, jitter_seed) {}

void OutboxQueue::join_line(Group& group) {
  if (group.not_before) {
    backing_off_.insert({*group.not_before, {group.turn, &group}});
  } else {
    ready_[group.turn] = &group;
  }
}

void OutboxQueue::leave_line(Group& group) {
  if (group.not_before) {
    backing_off_.erase({*group.not_before, {group.turn, &group}});
  } else {
    ready_.erase(group.turn);
  }
}

// Null while all of them back off.
OutboxQueue::Group* OutboxQueue::next_in_line(Timestamp now) const {
  Group* next = ready_.empty() ? nullptr : ready_.begin()->second;
  if (backing_off_.empty() || backing_off_.begin()->first > now) return next;
  Group* back = backing_off_.begin()->second.second;
  return next == nullptr || back->turn < next->turn ? back : next;
}

OutboxMessage OutboxQueue::remove(Place place) {
  const auto found = messages_.find(place);
  OutboxMessage message = std::move(found->second.message);
  messages_.erase(found);
  bytes_ -= message.body.size();
  const auto of = groups_.find(message.group_key);
  Group& group = of->second;
  const bool tried = in_flight_ == &group && group.messages.front() == place;
  if (tried) in_flight_ = nullptr;
  std::erase(group.messages, place);
  if (group.messages.empty()) {
    leave_line(group);
    groups_.erase(of);
  }
  return message;
}

// Takes out those of the group that came before `newer` and say nothing that it does not.
std::vector<OutboxMessage> OutboxQueue::supersede(Group& group, Place newer) {
  std::vector<OutboxMessage> superseded;
  Waiting& by = messages_.at(newer);
  if (group.messages.front() == newer || !by.message.shows_alerts) return superseded;
  const std::unordered_set<std::string_view> shown(by.message.alerts.begin(), by.message.alerts.end());
  const std::deque<Place> all = group.messages;
  for (const Place place : all) {
    if (place == newer) break;
    if (in_flight_ == &group && group.messages.front() == place) continue;
    const Waiting& older = messages_.at(place);
    const auto is_shown = [&shown](const std::string& id) { return shown.count(id) != 0; };
    const std::vector<std::string>& said = older.message.alerts;
    // One that an earlier version stored without its alerts may say anything.
    if (said.empty() || !std::all_of(said.begin(), said.end(), is_shown)) continue;
    by.since = std::min(by.since, older.since);
    superseded.push_back(remove(place));
  }
  return superseded;
}

OutboxQueue::Pushed OutboxQueue::push(OutboxMessage message) {
  const Place place = next_place_++;
  bytes_ += message.body.size();
  Group& group = groups_[message.group_key];
  group.messages.push_back(place);
  if (group.messages.size() == 1) {
    group.key = message.group_key;
    group.turn = place;
    join_line(group);
  }
  const Timestamp made_at = message.made_at;
  messages_.emplace(place, Waiting{std::move(message), made_at});

  Pushed pushed;
  pushed.superseded = supersede(group, place);
  while (messages_.size() > limits_.most_queued || bytes_ > limits_.most_queued_bytes) {
    auto oldest = messages_.begin();
    if (in_flight_ != nullptr && in_flight_->messages.front() == oldest->first) ++oldest;
    if (oldest == messages_.end() || oldest->first == place) break;
    pushed.dropped.push_back(remove(oldest->first));
  }
  return pushed;
}

OutboxQueue::Action OutboxQueue::next(Timestamp now) const {
  if (messages_.empty() || in_flight_ != nullptr) return {};
  const Timestamp given_up = messages_.begin()->second.message.made_at + limits_.oldest;
  if (given_up <= now) return {.kind = Action::Kind::too_old};
  Timestamp due = ready_.empty() ? backing_off_.begin()->first : now;
  if (not_before_) due = std::max(due, *not_before_);
  if (due > now) return {.kind = Action::Kind::wait, .until = std::min(due, given_up)};
  return {.kind = Action::Kind::attempt};
}

const OutboxMessage& OutboxQueue::start(Timestamp now) {
  in_flight_ = next_in_line(now);
  assert(in_flight_ != nullptr);
  return messages_.at(in_flight_->messages.front()).message;
}

std::optional<Timestamp> OutboxQueue::waiting_since() const {
  std::optional<Timestamp> since;
  for (const auto& [place, waiting] : messages_)
    since = std::min(since.value_or(waiting.since), waiting.since);
  return since;
}

OutboxMessage OutboxQueue::drop_oldest() {
  return remove(messages_.begin()->first);
}

void OutboxQueue::hurry() {
  not_before_.reset();
  for (auto& [key, group] : groups_) {
    leave_line(group);
    group.not_before.reset();
    group.at_fault = false;
    join_line(group);
  }
}

bool OutboxQueue::receiver_down() const {
  return failed_groups_ >= kDownAfterGroups || failed_groups_ + failed_at_fault_ >= kDownAfterGroupsAtFault;
}

OutboxQueue::Settled OutboxQueue::settled(const Delivery& delivery, Timestamp now) {
  assert(in_flight_ != nullptr);
  Group& group = *std::exchange(in_flight_, nullptr);
  Settled settled;
  if (delivery.kind == Delivery::Kind::try_again) {
    failed(group, delivery, now, settled);
    return settled;
  }
  settled.kind =
      delivery.kind == Delivery::Kind::delivered ? Settled::Kind::delivered : Settled::Kind::refused;
  settled.failures = group.at_fault ? group.failures : failures_;
  settled.message = answered(group);
  return settled;
}

void OutboxQueue::failed(Group& group, const Delivery& delivery, Timestamp now, Settled& settled) {
  leave_line(group);
  group.turn = next_place_++;
  const bool answers_since = group.failures > 0 && group.failed_after != answers_;
  const bool found_at_fault = answers_since && !group.at_fault;
  if (answers_since) group.at_fault = true;
  // Each group once, however often it has failed since the last answer.
  if (group.failures == 0 || answers_since) ++(group.at_fault ? failed_at_fault_ : failed_groups_);
  settled.failures = group.at_fault ? group.failures : failures_;
  const bool known =
      delivery.text == group.failing || (!group.at_fault && failures_ > 0 && delivery.text == failing_);
  settled.log_failure = found_at_fault || !known;
  settled.group_at_fault = group.at_fault;
  group.failing = delivery.text;
  group.failed_after = answers_;
  ++group.failures;
  if (!group.at_fault) {
    ++failures_;
    failing_ = delivery.text;
  }

  const Duration asked = delivery.retry_after.value_or(Duration(0));
  const bool down = receiver_down();
  if (down) {
    settled.next_try_in = std::max(backoff_.after(++probes_failed_), group.at_fault ? Duration(0) : asked);
    not_before_ = now + settled.next_try_in;
  } else if (!group.at_fault && delivery.retry_after) {
    not_before_ = now + asked;
  }
  group.not_before.reset();
  if (!down || group.at_fault) {
    const Duration own = std::max(backoff_.after(group.failures), asked);
    group.not_before = now + own;
    settled.next_try_in = std::max(settled.next_try_in, own);
  }
  join_line(group);

  const OutboxMessage& message = messages_.at(group.messages.front()).message;
  settled.message.notification_id = message.notification_id;
  settled.message.receiver = message.receiver;
  settled.message.integration = message.integration;
  settled.message.made_at = message.made_at;
  settled.message.group_key = message.group_key;
  settled.superseded = supersede(group, group.messages.back());
}

OutboxMessage OutboxQueue::answered(Group& group) {
  if (failed_groups_ > 0) {
    std::vector<Group*> waiting;  // for the receiver, not for their own sake
    for (const auto& [at, place] : backing_off_) {
      Group* other = place.second;
      if (!other->at_fault && other->failed_after == answers_) waiting.push_back(other);
    }
    for (Group* other : waiting) {
      leave_line(*other);
      other->not_before.reset();
      join_line(*other);
    }
  }
  ++answers_;
  failed_groups_ = failed_at_fault_ = failures_ = probes_failed_ = 0;
  failing_.clear();
  not_before_.reset();

  // The next one of the group starts afresh, in the order in which they came.
  leave_line(group);
  group.not_before.reset();
  group.failures = 0;
  group.at_fault = false;
  group.failing.clear();
  if (group.messages.size() > 1) group.turn = group.messages[1];
  join_line(group);
  return remove(group.messages.front());
}

}  // namespace tightrope::daemon

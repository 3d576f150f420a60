#include "daemon/outbox_queue.h"

#include <algorithm>
#include <utility>

#include "rules/codec.h"

namespace tightrope::daemon {
namespace {

constexpr std::uint8_t kVersion = 2;

}  // namespace

std::string encode(const OutboxMessage& message) {
  rules::ByteWriter writer;
  writer.byte(kVersion);
  writer.string(message.notification_id);
  writer.string(message.receiver);
  writer.string(message.integration);
  writer.string(message.body);
  writer.signed_varint(message.made_at.time_since_epoch().count());
  writer.varint(message.order);
  writer.string(message.group_key);
  writer.varint(message.alerts.size());
  for (const std::string& id : message.alerts) writer.string(id);
  return std::move(writer).take();
}

std::optional<OutboxMessage> decode_outbox_message(std::string_view bytes) {
  rules::ByteReader reader(bytes);
  OutboxMessage message;
  const std::uint8_t version = reader.byte();
  if (version != 1 && version != kVersion) return std::nullopt;
  message.notification_id = reader.string();
  message.receiver = reader.string();
  message.integration = reader.string();
  message.body = reader.string();
  message.made_at = rules::Timestamp(rules::Duration(reader.signed_varint()));
  message.order = reader.varint();
  if (version == kVersion) {
    message.group_key = reader.string();
    for (std::size_t left = reader.count(1); left > 0; --left) message.alerts.emplace_back(reader.string());
  }
  if (!reader.finished()) return std::nullopt;
  return message;
}

std::string record_key(const OutboxMessage& message) {
  return message.notification_id + "/" + message.integration;
}

OutboxQueue::OutboxQueue(const OutboxLimits& limits, std::uint64_t jitter_seed)
    : limits_(limits), backoff_(limits.first_backoff, limits.longest_backoff, jitter_seed) {}

std::vector<OutboxMessage> OutboxQueue::push(OutboxMessage message) {
  bytes_ += message.body.size();
  messages_.push_back(std::move(message));
  std::vector<OutboxMessage> dropped;
  while (messages_.size() > 1 &&
         (messages_.size() > limits_.most_queued || bytes_ > limits_.most_queued_bytes)) {
    // The one on its way is left alone, and so is the newest.
    const std::size_t oldest = in_flight_ ? 1 : 0;
    if (oldest + 1 >= messages_.size()) break;
    const auto place = messages_.begin() + static_cast<std::ptrdiff_t>(oldest);
    bytes_ -= place->body.size();
    dropped.push_back(std::move(*place));
    messages_.erase(place);
  }
  return dropped;
}

OutboxQueue::Action OutboxQueue::next(rules::Timestamp now) const {
  if (messages_.empty()) return {};
  if (messages_.front().made_at + limits_.oldest <= now) return {.kind = Action::Kind::too_old};
  if (not_before_ && *not_before_ > now) return {.kind = Action::Kind::wait, .until = *not_before_};
  return {.kind = Action::Kind::attempt};
}

OutboxMessage OutboxQueue::pop() {
  OutboxMessage message = std::move(messages_.front());
  messages_.pop_front();
  bytes_ -= message.body.size();
  return message;
}

OutboxMessage OutboxQueue::drop_front() {
  return pop();
}

OutboxQueue::Settled OutboxQueue::settled(const Delivery& delivery, rules::Timestamp now) {
  Settled settled;
  settled.failures = failures_;
  if (delivery.kind == Delivery::Kind::try_again) {
    ++failures_;
    settled.kind = Settled::Kind::failing;
    settled.log_failure = failures_ == 1 || delivery.text != failing_;
    settled.next_try_in =
        std::max(backoff_.after(failures_), delivery.retry_after.value_or(rules::Duration(0)));
    failing_ = delivery.text;
    not_before_ = now + settled.next_try_in;
    return settled;
  }
  settled.kind =
      delivery.kind == Delivery::Kind::delivered ? Settled::Kind::delivered : Settled::Kind::refused;
  settled.message = pop();
  not_before_.reset();
  failures_ = 0;
  failing_.clear();
  return settled;
}

}  // namespace tightrope::daemon

#include "daemon/outbox_message.h"

#include <utility>

#include "rules/codec.h"

namespace tightrope::daemon {
namespace {

constexpr std::uint8_t kVersion = 3;

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
  if (version < 1 || version > kVersion) return std::nullopt;
  message.notification_id = reader.string();
  message.receiver = reader.string();
  message.integration = reader.string();
  message.body = reader.string();
  message.made_at = rules::Timestamp(rules::Duration(reader.signed_varint()));
  message.order = reader.varint();
  message.shows_alerts = version >= 3;
  if (version >= 2) {
    message.group_key = reader.string();
    for (std::size_t left = reader.count(1); left > 0; --left) message.alerts.emplace_back(reader.string());
  }
  if (!reader.finished()) return std::nullopt;
  return message;
}

std::string record_key(const OutboxMessage& message) {
  return message.notification_id + "/" + message.integration;
}

}  // namespace tightrope::daemon

// One message to one integration, and how its bytes are kept.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/units.h"

namespace tightrope::daemon {

// Rendered. Kept as bytes until it is delivered.
struct OutboxMessage {
  std::string notification_id;
  std::string receiver;     // the configured receiver's name
  std::string integration;  // oncall/slack[0]
  std::string body;
  rules::Timestamp made_at{};
  std::uint64_t order = 0;  // among those made at one time
  // What it says, for when it is lost or outdated: its group, and the ids of the alerts that its body shows.
  std::string group_key = {};
  std::vector<std::string> alerts = {};
  // False when an earlier version stored it: that named all alerts of the notification, shown or not.
  bool shows_alerts = true;
};
// Version 3: a version byte, then the fields as above up to `alerts`, each as rules/codec.h writes them. In
// version 2 `alerts` were those of the notification; version 1 ended with `order`.
std::string encode(const OutboxMessage& message);
// Nothing when the bytes are not a whole message of a known version.
std::optional<OutboxMessage> decode_outbox_message(std::string_view bytes);
// The key of its record in the journal's table kOutboxTable.
std::string record_key(const OutboxMessage& message);
constexpr std::string_view kOutboxTable = "outbox";

}  // namespace tightrope::daemon

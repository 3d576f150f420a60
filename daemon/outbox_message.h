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
  // What it says, for when it is lost: its group, and the ids of its alerts.
  std::string group_key = {};
  std::vector<std::string> alerts = {};
};
// Version 2: a version byte, then the fields as above, each as rules/codec.h writes them. Version 1 ended
// with `order`.
std::string encode(const OutboxMessage& message);
// Nothing when the bytes are not a whole message of a known version.
std::optional<OutboxMessage> decode_outbox_message(std::string_view bytes);
// The key of its record in the journal's table kOutboxTable.
std::string record_key(const OutboxMessage& message);
constexpr std::string_view kOutboxTable = "outbox";

}  // namespace tightrope::daemon

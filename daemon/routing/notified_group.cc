// What was told of a group, as bytes.
#include "daemon/routing/dispatch.h"
#include "rules/codec.h"

namespace tightrope::daemon {
namespace {

constexpr std::uint8_t kVersion = 2;

rules::Timestamp timestamp(std::int64_t milliseconds) {
  return rules::Timestamp(rules::Duration(milliseconds));
}

}  // namespace

std::string encode(const NotifiedGroup& group) {
  rules::ByteWriter writer;
  writer.byte(kVersion);
  writer.string(group.receiver);
  writer.string(group.group_key);
  writer.signed_varint(group.at.time_since_epoch().count());
  writer.varint(group.firing.size());
  for (const auto& [id, revision] : group.firing) {
    writer.string(id);
    writer.varint(revision);
  }
  writer.varint(group.resolved.size());
  for (const auto& [id, at] : group.resolved) {
    writer.string(id);
    writer.signed_varint(at.time_since_epoch().count());
  }
  writer.signed_varint(group.news_at.time_since_epoch().count());
  writer.varint(group.missed.size());
  for (const auto& [integration, missed] : group.missed) {
    writer.string(integration);
    writer.signed_varint(missed.at.time_since_epoch().count());
    writer.varint(missed.alerts.size());
    for (const std::string& id : missed.alerts) writer.string(id);
  }
  return std::move(writer).take();
}

std::optional<NotifiedGroup> decode_notified_group(std::string_view bytes) {
  rules::ByteReader reader(bytes);
  NotifiedGroup group;
  const std::uint8_t version = reader.byte();
  if (version != 1 && version != kVersion) return std::nullopt;
  group.receiver = reader.string();
  group.group_key = reader.string();
  group.at = timestamp(reader.signed_varint());
  for (std::size_t left = reader.count(2); left > 0; --left) {
    std::string id(reader.string());
    group.firing[std::move(id)] = static_cast<std::uint32_t>(reader.varint_up_to(0xffffffffu));
  }
  for (std::size_t left = reader.count(2); left > 0; --left) {
    std::string id(reader.string());
    group.resolved[std::move(id)] = timestamp(reader.signed_varint());
  }
  group.news_at = version == 1 ? group.at : timestamp(reader.signed_varint());
  for (std::size_t left = version == 1 ? 0 : reader.count(3); left > 0; --left) {
    Missed& missed = group.missed[std::string(reader.string())];
    missed.at = timestamp(reader.signed_varint());
    for (std::size_t ids = reader.count(1); ids > 0; --ids) missed.alerts.emplace(reader.string());
  }
  if (!reader.finished()) return std::nullopt;
  return group;
}

std::string record_key(const NotifiedGroup& group) {
  return group.receiver + "\n" + group.group_key;
}

}  // namespace tightrope::daemon

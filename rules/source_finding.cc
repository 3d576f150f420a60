#include "rules/source_finding.h"

#include <limits>

namespace tightrope::rules {
namespace {

Day load_day(ByteReader& in) noexcept {
  constexpr std::int64_t kLeast = std::numeric_limits<std::int32_t>::min();
  constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
  return {static_cast<std::int32_t>(in.signed_varint_in(kLeast, kMost))};
}

}  // namespace

std::string_view to_string(SourceFindingKind kind) noexcept {
  return kSourceFindingNames[static_cast<std::size_t>(kind)];
}

std::optional<SourceFindingKind> parse_source_finding(std::string_view text) noexcept {
  for (std::size_t i = 0; i < kSourceFindingNames.size(); ++i) {
    if (kSourceFindingNames[i] == text) return static_cast<SourceFindingKind>(i);
  }
  return std::nullopt;
}

bool is_same_finding(const SourceFinding& a, const SourceFinding& b) noexcept {
  // Days stand for themselves; the others go on from day to day.
  const bool of_a_day = a.kind == SourceFindingKind::empty_day || a.kind == SourceFindingKind::unusual_volume;
  if (of_a_day && a.days.first != b.days.first) return false;
  return a.kind == b.kind && a.entity == b.entity;
}

void save(const SourceFinding& finding, ByteWriter& out) {
  out.byte(static_cast<std::uint8_t>(finding.kind));
  out.varint(finding.entity.path.size());
  for (const std::string& value : finding.entity.path) out.string(value);
  out.signed_varint(finding.days.first.number);
  out.signed_varint(finding.days.last.number);
  out.string(finding.text);
}

SourceFinding load_finding(ByteReader& in) {
  SourceFinding finding;
  const std::uint8_t kind = in.byte();
  if (kind >= kSourceFindingKinds) {
    in.fail();
    return finding;
  }
  finding.kind = static_cast<SourceFindingKind>(kind);
  const std::size_t values = in.count(1);
  if (values > Dimensions::kMost) in.fail();
  for (std::size_t i = 0; in.ok() && i < values; ++i) finding.entity.path.emplace_back(in.string());
  if (!finding.entity.path.empty() && finding.entity.path.back().empty()) in.fail();
  finding.days.first = load_day(in);
  finding.days.last = load_day(in);
  finding.text = std::string(in.string());
  return finding;
}

}  // namespace tightrope::rules

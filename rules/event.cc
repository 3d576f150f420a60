// The journal's format, version 1. An event is one version byte, one kind byte, and the kind's fields, in the
// codec of rules/codec.h; nothing follows them. Times are signed milliseconds since 1970-01-01 UTC.
//
//   0 tick             at
//   1 observations     source; learnt; entities; metrics; rows
//        entities      count, then each: count of values, then each value
//        metrics       count, then each name
//        rows          count, then each: entity; metric; day less the day of the row before (first: the day
//        itself);
//                      hour less the hour of the row before (first: the hour, -1 for the day); value: 0 when
//                      missing, else 1 + its zigzag
//   2 decision         at; recommendation; kind (0 did, 1 declined, 2 later); reason; by; whether `until` is
//   set, and it 3 acknowledgement  at; alert; by 4 strategy         at; document
//   5 findings         at; source; count, then each: kind (source_finding.h); entity (as above); first day;
//   last day; text
//
// Rows arrive sorted or nearly so, so their differences are mostly one byte each.
#include "rules/event.h"

#include <array>
#include <limits>
#include <type_traits>
#include <utility>

#include "rules/codec.h"

namespace tightrope::rules {
namespace {

constexpr std::uint8_t kVersion = 1;
enum class Kind : std::uint8_t {
  tick = 0,
  observations = 1,
  decision = 2,
  acknowledgement = 3,
  strategy = 4,
  findings = 5
};

// Longer than any day of any zone since 1970.
constexpr std::int8_t kLastHour = 47;

constexpr std::array<std::string_view, 3> kDecisionNames{"did", "declined", "later"};

void write_time(ByteWriter& out, Timestamp time) {
  out.signed_varint(time.time_since_epoch().count());
}

Timestamp read_time(ByteReader& in) noexcept {
  return Timestamp(Duration(in.signed_varint()));
}

void write_fields(ByteWriter& out, const Tick& tick) {
  write_time(out, tick.at);
}

void write_fields(ByteWriter& out, const ObservationBatch& batch) {
  out.string(batch.source);
  write_time(out, batch.learnt);
  out.varint(batch.entities.size());
  for (const Entity& entity : batch.entities) {
    out.varint(entity.path.size());
    for (const std::string& value : entity.path) out.string(value);
  }
  out.varint(batch.metrics.size());
  for (const std::string& metric : batch.metrics) out.string(metric);
  out.varint(batch.rows.size());
  std::int64_t day = 0;
  std::int64_t hour = 0;
  for (const ObservationBatch::Row& row : batch.rows) {
    out.varint(row.entity);
    out.varint(row.metric);
    out.signed_varint(row.bucket.day.number - day);
    out.signed_varint(row.bucket.hour - hour);
    out.varint(row.value.is_missing() ? 0 : 1 + zigzag(row.value.micros()));
    day = row.bucket.day.number;
    hour = row.bucket.hour;
  }
}

void write_fields(ByteWriter& out, const Decision& decision) {
  write_time(out, decision.at);
  out.string(decision.recommendation);
  out.byte(static_cast<std::uint8_t>(decision.kind));
  out.string(decision.reason);
  out.string(decision.by);
  out.boolean(decision.until.has_value());
  if (decision.until) write_time(out, *decision.until);
}

void write_fields(ByteWriter& out, const Acknowledgement& acknowledgement) {
  write_time(out, acknowledgement.at);
  out.string(acknowledgement.alert);
  out.string(acknowledgement.by);
}

void write_fields(ByteWriter& out, const StrategyChange& change) {
  write_time(out, change.at);
  out.string(change.document);
}

void write_fields(ByteWriter& out, const SourceFindings& findings) {
  write_time(out, findings.at);
  out.string(findings.source);
  out.varint(findings.findings.size());
  for (const SourceFinding& finding : findings.findings) save(finding, out);
}

Entity read_entity(ByteReader& in) {
  Entity entity;
  const std::size_t values = in.count(1);
  if (values > Dimensions::kMost) in.fail();
  for (std::size_t i = 0; in.ok() && i < values; ++i) entity.path.emplace_back(in.string());
  // An entity has one spelling: it does not end with a value that was not reported.
  if (!entity.path.empty() && entity.path.back().empty()) in.fail();
  return entity;
}

ObservationBatch::Row read_row(ByteReader& in, const ObservationBatch& batch, Bucket before) {
  ObservationBatch::Row row{};
  const std::uint64_t entity = in.varint();
  const std::uint64_t metric = in.varint();
  if (entity >= batch.entities.size() || metric >= batch.metrics.size()) in.fail();
  row.entity = static_cast<std::uint32_t>(entity);
  row.metric = static_cast<std::uint32_t>(metric);
  constexpr std::int64_t kLeast = std::numeric_limits<std::int32_t>::min();
  constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
  const std::int64_t days = in.signed_varint_in(kLeast - before.day.number, kMost - before.day.number);
  const std::int64_t hours = in.signed_varint_in(Bucket::kWholeDay - before.hour, kLastHour - before.hour);
  row.bucket.day.number = static_cast<std::int32_t>(before.day.number + days);
  row.bucket.hour = static_cast<std::int8_t>(before.hour + hours);
  const std::uint64_t value = in.varint();
  if (value > 0) row.value = Amount::from_micros(unzigzag(value - 1));
  return row;
}

ObservationBatch read_observations(ByteReader& in) {
  ObservationBatch batch;
  batch.source = in.string();
  batch.learnt = read_time(in);
  const std::size_t entities = in.count(1);
  for (std::size_t i = 0; in.ok() && i < entities; ++i) batch.entities.push_back(read_entity(in));
  const std::size_t metrics = in.count(1);
  for (std::size_t i = 0; in.ok() && i < metrics; ++i) batch.metrics.emplace_back(in.string());
  constexpr std::size_t kLeastBytesOfARow = 5;
  const std::size_t rows = in.count(kLeastBytesOfARow);
  batch.rows.reserve(rows);
  Bucket before{Day{0}, 0};
  for (std::size_t i = 0; in.ok() && i < rows; ++i) {
    batch.rows.push_back(read_row(in, batch, before));
    before = batch.rows.back().bucket;
  }
  return batch;
}

Decision read_decision(ByteReader& in) {
  Decision decision;
  decision.at = read_time(in);
  decision.recommendation = in.string();
  const std::uint8_t kind = in.byte();
  if (kind >= kDecisionNames.size()) in.fail();
  decision.kind = static_cast<DecisionKind>(kind);
  decision.reason = in.string();
  decision.by = in.string();
  if (in.boolean()) decision.until = read_time(in);
  return decision;
}

Acknowledgement read_acknowledgement(ByteReader& in) {
  Acknowledgement acknowledgement;
  acknowledgement.at = read_time(in);
  acknowledgement.alert = in.string();
  acknowledgement.by = in.string();
  return acknowledgement;
}

StrategyChange read_strategy(ByteReader& in) {
  StrategyChange change;
  change.at = read_time(in);
  change.document = in.string();
  return change;
}

SourceFindings read_findings(ByteReader& in) {
  SourceFindings findings;
  findings.at = read_time(in);
  findings.source = in.string();
  for (std::size_t left = in.count(kLeastBytesOfAFinding); in.ok() && left > 0; --left)
    findings.findings.push_back(load_finding(in));
  return findings;
}

Kind kind_of(const Event& event) noexcept {
  // In the order of the variant, which the compiler holds to the written numbers.
  static_assert(std::is_same_v<Event, std::variant<Tick, ObservationBatch, Decision, Acknowledgement,
                                                   StrategyChange, SourceFindings>>);
  return static_cast<Kind>(event.index());
}

}  // namespace

std::string_view to_string(DecisionKind kind) noexcept {
  return kDecisionNames[static_cast<std::size_t>(kind)];
}

std::optional<DecisionKind> parse_decision(std::string_view text) noexcept {
  for (std::size_t i = 0; i < kDecisionNames.size(); ++i) {
    if (kDecisionNames[i] == text) return static_cast<DecisionKind>(i);
  }
  return std::nullopt;
}

BatchBuilder::BatchBuilder(std::string source, Timestamp learnt) {
  batch_.source = std::move(source);
  batch_.learnt = learnt;
}

std::uint32_t BatchBuilder::entity(const Entity& entity) {
  const auto [index, is_new] = entities_.intern(entity);
  if (is_new) batch_.entities.push_back(entity);
  return index;
}

std::uint32_t BatchBuilder::metric(std::string_view metric) {
  const auto [place, is_new] =
      metrics_.try_emplace(std::string(metric), static_cast<std::uint32_t>(batch_.metrics.size()));
  if (is_new) batch_.metrics.emplace_back(metric);
  return place->second;
}

void BatchBuilder::add(std::uint32_t entity, std::uint32_t metric, Bucket bucket, Amount value) {
  batch_.rows.push_back({entity, metric, bucket, value});
}

ObservationBatch BatchBuilder::take() && {
  return std::move(batch_);
}

Timestamp time_of(const Event& event) noexcept {
  if (const auto* batch = std::get_if<ObservationBatch>(&event)) return batch->learnt;
  if (const auto* tick = std::get_if<Tick>(&event)) return tick->at;
  if (const auto* decision = std::get_if<Decision>(&event)) return decision->at;
  if (const auto* acknowledgement = std::get_if<Acknowledgement>(&event)) return acknowledgement->at;
  if (const auto* change = std::get_if<StrategyChange>(&event)) return change->at;
  if (const auto* findings = std::get_if<SourceFindings>(&event)) return findings->at;
  return {};
}

std::string encode(const Event& event) {
  ByteWriter out;
  out.byte(kVersion);
  out.byte(static_cast<std::uint8_t>(kind_of(event)));
  std::visit([&out](const auto& fields) { write_fields(out, fields); }, event);
  return std::move(out).take();
}

std::optional<Event> decode(std::string_view bytes) {
  ByteReader in(bytes);
  if (in.byte() != kVersion) return std::nullopt;
  std::optional<Event> event;
  switch (static_cast<Kind>(in.byte())) {
    case Kind::tick:
      event = Tick{read_time(in)};
      break;
    case Kind::observations:
      event = read_observations(in);
      break;
    case Kind::decision:
      event = read_decision(in);
      break;
    case Kind::acknowledgement:
      event = read_acknowledgement(in);
      break;
    case Kind::strategy:
      event = read_strategy(in);
      break;
    case Kind::findings:
      event = read_findings(in);
      break;
    default:
      return std::nullopt;
  }
  if (!in.finished()) return std::nullopt;
  return event;
}

}  // namespace tightrope::rules

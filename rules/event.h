// What an engine is fed. Events are all an engine ever learns; the same events give the same bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "rules/entity.h"
#include "rules/source_finding.h"
#include "rules/units.h"

namespace tightrope::rules {

// Figures of one source, learnt at one time. Entities and metrics stand once and rows point at them, so that
// a day of 10 000 campaigns costs 10 000 names and not 10 000 for each metric.
struct ObservationBatch {
  struct Row {
    std::uint32_t entity;  // into entities
    std::uint32_t metric;  // into metrics
    Bucket bucket;
    Amount value;  // missing takes a figure back
    friend bool operator==(const Row&, const Row&) = default;
  };
  std::string source;
  Timestamp learnt;
  std::vector<Entity> entities;
  std::vector<std::string> metrics;
  std::vector<Row> rows;
  friend bool operator==(const ObservationBatch&, const ObservationBatch&) = default;
};

// Builds a batch, giving each entity and metric its number once.
class BatchBuilder {
 public:
  BatchBuilder(std::string source, Timestamp learnt);
  std::uint32_t entity(const Entity& entity);
  std::uint32_t metric(std::string_view metric);
  void add(std::uint32_t entity, std::uint32_t metric, Bucket bucket, Amount value);
  std::size_t size() const noexcept { return batch_.rows.size(); }
  ObservationBatch take() &&;

 private:
  ObservationBatch batch_;
  EntityTable entities_;
  std::unordered_map<std::string, std::uint32_t> metrics_;
};

// Time has reached `at`. The only source of time besides the times of other events.
struct Tick {
  Timestamp at;
  friend bool operator==(const Tick&, const Tick&) = default;
};

enum class DecisionKind : std::uint8_t { did, declined, later };
std::string_view to_string(DecisionKind kind) noexcept;
std::optional<DecisionKind> parse_decision(std::string_view text) noexcept;

// What a person did with a recommendation.
struct Decision {
  Timestamp at;
  std::string recommendation;  // its id
  DecisionKind kind = DecisionKind::did;
  std::string reason = {};
  std::string by = {};
  std::optional<Timestamp> until = {};  // for `later`
  friend bool operator==(const Decision&, const Decision&) = default;
};

struct Acknowledgement {
  Timestamp at;
  std::string alert;  // its id
  std::string by;
  friend bool operator==(const Acknowledgement&, const Acknowledgement&) = default;
};

// The strategy in force from `at` on, as canonical text that `config` can read again. The engine itself is
// handed the Strategy by its owner: rules/ reads no YAML.
struct StrategyChange {
  Timestamp at;
  std::string document;
  friend bool operator==(const StrategyChange&, const StrategyChange&) = default;
};

// What is strange about the figures of one source from `at` on: all of it, in place of what was told before.
struct SourceFindings {
  Timestamp at;
  std::string source;
  std::vector<SourceFinding> findings;
  friend bool operator==(const SourceFindings&, const SourceFindings&) = default;
};

using Event = std::variant<Tick, ObservationBatch, Decision, Acknowledgement, StrategyChange, SourceFindings>;

// When the event was made known: an observation's `learnt`, else `at`.
Timestamp time_of(const Event& event) noexcept;

// The journal's format, version 1; described in event.cc. Never changes for a version.
std::string encode(const Event& event);
// Nothing when the bytes are not a whole event of a known version.
std::optional<Event> decode(std::string_view bytes);

}  // namespace tightrope::rules

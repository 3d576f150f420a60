#include "daemon/commands/known_before.h"

#include <cstdint>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "rules/entity.h"

namespace tightrope::daemon::commands {
namespace {

struct Known {
  rules::Amount value;  // missing also before anything was learnt
  std::optional<rules::Timestamp> learnt;
};

// The figures of an import, by entity, metric and bucket.
class Figures {
 public:
  void ask(const rules::ObservationBatch& batch) {
    for (const auto& row : batch.rows) {
      const auto entity = entities_.intern(batch.entities[row.entity]).first;
      const auto metric =
          metrics_.try_emplace(batch.metrics[row.metric], static_cast<std::uint32_t>(metrics_.size()))
              .first->second;
      known_.try_emplace({entity, metric, row.bucket});
    }
  }

  // Events stand in the order of their commit, and an import is learnt before what was committed earlier.
  void take(const rules::ObservationBatch& batch, const std::map<rules::Day, rules::ObservationBatch>& days) {
    for (const auto& row : batch.rows) {
      const auto day = days.find(row.bucket.day);
      if (day == days.end() || batch.learnt > day->second.learnt) continue;
      Known* known = find(batch, row);
      if (known == nullptr || (known->learnt && batch.learnt < *known->learnt)) continue;
      *known = {row.value, batch.learnt};
    }
  }

  Known* find(const rules::ObservationBatch& batch, const rules::ObservationBatch::Row& row) {
    const auto metric = metrics_.find(batch.metrics[row.metric]);
    if (metric == metrics_.end()) return nullptr;
    const auto place = known_.find({entities_.find(batch.entities[row.entity]), metric->second, row.bucket});
    return place == known_.end() ? nullptr : &place->second;
  }

 private:
  rules::EntityTable entities_;
  std::unordered_map<std::string, std::uint32_t> metrics_;
  std::map<std::tuple<rules::EntityIndex, std::uint32_t, rules::Bucket>, Known> known_;
};

}  // namespace

std::optional<JournalError> drop_known(Journal& journal, std::string_view client,
                                       std::map<rules::Day, rules::ObservationBatch>& days) {
  Figures figures;
  for (const auto& [day, batch] : days) figures.ask(batch);
  auto error = journal.read_events(client, 0, [&](const JournalEvent& stored) {
    // What cannot be read is recovery's to tell.
    const auto event = rules::decode(stored.payload);
    if (!event) return true;
    if (const auto* batch = std::get_if<rules::ObservationBatch>(&*event)) figures.take(*batch, days);
    return true;
  });
  if (error) return error;
  for (auto& [day, batch] : days) {
    std::erase_if(batch.rows, [&](const auto& row) {
      const Known* known = figures.find(batch, row);
      return known != nullptr && known->value == row.value;
    });
  }
  return std::nullopt;
}

}  // namespace tightrope::daemon::commands

#include "rules/name_book.h"

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <optional>
#include <utility>

#include "rules/currency.h"

namespace tightrope::rules {
namespace {

constexpr std::int64_t kLargestMicros = Amount::kLargestUnits * Amount::kScale;

Amount sum(Amount a, Amount b) noexcept {
  if (a.is_missing()) return b;
  if (b.is_missing()) return a;
  return Amount::from_micros(std::clamp(a.micros() + b.micros(), -kLargestMicros, kLargestMicros));
}

// A figure of a batch: entity, metric, bucket.
using Figure = std::pair<std::uint64_t, std::uint64_t>;

Figure figure_of(const ObservationBatch::Row& row) noexcept {
  return {(std::uint64_t{row.entity} << 32) | row.metric,
          (std::uint64_t{static_cast<std::uint32_t>(row.bucket.day.number)} << 8) |
              static_cast<std::uint8_t>(row.bucket.hour)};
}

// Entities that rows of figures point at; currencies of exchange rates are none.
std::vector<bool> with_figures(const ObservationBatch& batch) {
  std::vector<bool> is_rate;
  for (const std::string& metric : batch.metrics) is_rate.push_back(parse_rate_metric(metric).has_value());
  std::vector<bool> found(batch.entities.size());
  for (const auto& row : batch.rows) {
    if (!is_rate[row.metric]) found[row.entity] = true;
  }
  return found;
}

// Rows that became one figure are added to the first of them. `is_shared`: by entity, whether several became
// it.
void add_up(ObservationBatch& batch, const std::vector<bool>& is_shared) {
  boost::unordered_flat_map<Figure, std::size_t> places;
  std::size_t kept = 0;
  for (const ObservationBatch::Row& row : batch.rows) {
    if (is_shared[row.entity]) {
      const auto [place, is_new] = places.try_emplace(figure_of(row), kept);
      if (!is_new) {
        Amount& value = batch.rows[place->second].value;
        value = sum(value, row.value);
        continue;
      }
    }
    batch.rows[kept++] = row;
  }
  batch.rows.resize(kept);
}

}  // namespace

NameBook::NameBook(NameIdentity identity) : identity_(std::move(identity)), anywhere_(Dimensions::kMost) {}

std::string NameBook::place_of(const Entity& parents, std::size_t dimension, std::string_view key) {
  std::string place(1, static_cast<char>('0' + dimension));
  for (const std::string& value : parents.path) {
    place += value;
    place += '\0';
  }
  place += key;
  return place;
}

const std::string* NameBook::find(const Entity& parents, std::size_t dimension,
                                  const std::string& key) const {
  if (const Alias* alias = identity_.of(dimension)->alias_of(key)) return &alias->name;
  if (const auto here = below_.find(place_of(parents, dimension, key)); here != below_.end())
    return &here->second;
  const auto there = anywhere_[dimension].find(key);
  return there == anywhere_[dimension].end() ? nullptr : &there->second;
}

Entity NameBook::kept(const Entity& entity) const {
  Entity path;
  for (std::size_t i = 0; i < entity.path.size(); ++i) {
    const std::string& value = entity.path[i];
    const auto& folding = identity_.of(i);
    const std::string* known = nullptr;
    if (folding && !value.empty()) known = find(path, i, folding->key(value));
    path.path.push_back(known != nullptr ? *known : value);
  }
  return path;
}

void NameBook::know(const Entity& entity) {
  if (identity_.empty()) return;
  Entity parents;
  for (std::size_t i = 0; i < entity.path.size(); ++i) {
    const std::string& value = entity.path[i];
    const auto& folding = identity_.of(i);
    if (folding && !value.empty()) {
      const std::string key = folding->key(value);
      below_.try_emplace(place_of(parents, i, key), value);
      anywhere_[i].try_emplace(key, value);
    }
    parents.path.push_back(value);
  }
}

std::pair<EntityIndex, EntityIndex> NameBook::resolve(const Entity& given) {
  const auto [index, is_new] = paths_.intern(given);
  if (!is_new) return {index, kept_[index]};
  kept_.push_back(index);
  const Entity path = kept(given);
  know(path);
  if (path != given) {
    const EntityIndex of_path = resolve(path).second;  // itself: a kept name is kept
    kept_[index] = of_path;
  }
  return {index, kept_[index]};
}

void NameBook::note(const Entity& given, const Entity& path, const ObservationBatch& batch,
                    std::vector<Spelling>& fresh) {
  for (std::size_t i = 0; i < given.path.size(); ++i) {
    if (given.path[i] == path.path[i]) continue;
    Met met{i, path.path[i], given.path[i], batch.source};
    if (met_.contains(met)) continue;
    if (met_.size() == kMostSpellings) {
      ++forgotten_;
      continue;
    }
    met_.emplace(std::move(met), batch.learnt);
    fresh.push_back({i, path.path[i], given.path[i], batch.source, batch.learnt});
  }
}

NameBook::Named NameBook::name(ObservationBatch batch) {
  Named named;
  if (identity_.empty()) {
    named.batch = std::move(batch);
    return named;
  }
  const std::vector<bool> wanted = with_figures(batch);
  std::vector<std::optional<EntityIndex>> numbers(batch.entities.size());
  std::vector<bool>& noted = noted_[batch.source];
  bool any_other = false;
  for (std::size_t i = 0; i < batch.entities.size(); ++i) {
    if (!wanted[i]) continue;
    const auto [given, kept_as] = resolve(batch.entities[i]);
    numbers[i] = kept_as;
    if (given == kept_as) continue;
    any_other = true;
    if (given >= noted.size()) noted.resize(given + std::size_t{1});
    if (noted[given]) continue;
    noted[given] = true;
    note(batch.entities[i], paths_[kept_as], batch, named.fresh);
  }
  if (any_other) {
    boost::unordered_flat_map<EntityIndex, std::uint32_t> places;  // of kept paths, in the new list
    std::vector<std::uint32_t> place_of_given(batch.entities.size());
    std::vector<Entity> entities;
    std::vector<bool> is_shared;
    bool any_shared = false;
    for (std::size_t i = 0; i < batch.entities.size(); ++i) {
      const auto next = static_cast<std::uint32_t>(entities.size());
      place_of_given[i] = next;
      if (numbers[i]) {
        const auto [place, is_new] = places.try_emplace(*numbers[i], next);
        place_of_given[i] = place->second;
        if (!is_new) {
          is_shared[place->second] = any_shared = true;
          continue;
        }
      }
      entities.push_back(numbers[i] ? paths_[*numbers[i]] : std::move(batch.entities[i]));
      is_shared.push_back(false);
    }
    batch.entities = std::move(entities);
    for (auto& row : batch.rows) row.entity = place_of_given[row.entity];
    if (any_shared) add_up(batch, is_shared);
  }
  named.batch = std::move(batch);
  return named;
}

void NameBook::remember(const Spelling& spelling) {
  const auto& folding = identity_.of(spelling.dimension);
  if (!folding || !folding->same(spelling.name, spelling.spelling) || met_.size() == kMostSpellings) return;
  met_.try_emplace({spelling.dimension, spelling.name, spelling.spelling, spelling.source},
                   spelling.first_met);
}

std::vector<Spelling> NameBook::spellings() const {
  std::vector<Spelling> list;
  list.reserve(met_.size());
  for (const auto& [met, at] : met_) {
    const auto& [dimension, name, spelling, source] = met;
    list.push_back({dimension, name, spelling, source, at});
  }
  return list;
}

}  // namespace tightrope::rules

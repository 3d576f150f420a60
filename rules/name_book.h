// Which spelling of a name is the entity's, for one client.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "rules/entity.h"
#include "rules/event.h"
#include "rules/identity.h"
#include "rules/units.h"

namespace tightrope::rules {

// A name as a source writes it where another is kept.
struct Spelling {
  std::size_t dimension = 0;
  std::string name;  // the one that is kept
  std::string spelling;
  std::string source;
  Timestamp first_met;
  friend bool operator==(const Spelling&, const Spelling&) = default;
};

// The name that is kept is that of an alias, else the first spelling that the client met below the same
// parents, else the first that it met anywhere: so an entity with a history keeps its name, and a new one is
// called as its namesakes are. A book that is told what an engine knows, in the order in which the engine
// learnt it, decides as the book did from which those names came: a restart changes nothing.
//
// Memory: an entry for each spelling met. Not thread-safe.
class NameBook {
 public:
  // Of each client so many spellings are remembered for people; names are right beyond that too.
  static constexpr std::size_t kMostSpellings = 20'000;

  NameBook() = default;  // takes names as they are
  explicit NameBook(NameIdentity identity);

  const NameIdentity& identity() const noexcept { return identity_; }

  // An entity that there is already.
  void know(const Entity& entity);

  // The batch under the names that are kept. Figures of two spellings, of one metric and bucket, are added; a
  // sum is missing when all its parts are, and stays within what a figure may be. Currencies of exchange
  // rates are no names. `fresh` are the spellings that were not met before. A name is looked up once for the
  // batch.
  struct Named {
    ObservationBatch batch;
    std::vector<Spelling> fresh;
  };
  Named name(ObservationBatch batch);

  // What name() would make of a path, without learning it.
  Entity kept(const Entity& entity) const;

  // A spelling that was met before a restart; dropped when the rules do not make it that name any more.
  void remember(const Spelling& spelling);
  // All that are remembered, by dimension, name, spelling and source.
  std::vector<Spelling> spellings() const;
  std::size_t forgotten() const noexcept { return forgotten_; }  // met beyond kMostSpellings

 private:
  // Where a value stands: below which kept path, in which dimension (0 to 7), folded.
  static std::string place_of(const Entity& parents, std::size_t dimension, std::string_view key);
  const std::string* find(const Entity& parents, std::size_t dimension, const std::string& key) const;
  // The numbers of a path and of the one that is kept for it. Of a path that was not met, the kept one
  // becomes known.
  std::pair<EntityIndex, EntityIndex> resolve(const Entity& given);
  void note(const Entity& given, const Entity& path, const ObservationBatch& batch,
            std::vector<Spelling>& fresh);

  NameIdentity identity_;
  EntityTable paths_;                                                   // every path met, kept or not
  std::vector<EntityIndex> kept_;                                       // by path: the number of the kept one
  std::unordered_map<std::string, std::string> below_;                  // by place: the spelling kept there
  std::vector<std::unordered_map<std::string, std::string>> anywhere_;  // by dimension and key
  using Met = std::tuple<std::size_t, std::string, std::string, std::string>;  // as in Spelling
  std::map<Met, Timestamp> met_;
  std::unordered_map<std::string, std::vector<bool>> noted_;  // by source and path: whether it is in met_
  std::size_t forgotten_ = 0;
};

}  // namespace tightrope::rules

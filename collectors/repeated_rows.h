// Tells rows that came twice from rows that are parts of the same figures.
#pragma once

#include <boost/unordered/unordered_flat_set.hpp>
#include <cstdint>
#include <map>
#include <vector>

#include "collectors/arrival_facts.h"
#include "rules/units.h"

namespace tightrope::collectors {

// Rows split by device, network or hour have one entity and day, and their figures add up; a table pasted
// twice has the same, and must not. They differ in that the latter's figures are alike to the last digit.
// Small figures are alike by chance (one click on either device), so a row counts only where its figures tell
// it apart, or where nearly all rows of its day came twice.
//
// Costs something only for rows about an entity and bucket that the document had before: a hash of each is
// kept. Past kMostKept of them, nothing more is looked for.
class RepeatedRows {
 public:
  static constexpr std::size_t kMostKept = 2'000'000;

  // A row, figure by figure. `before` is what the document's rows before it gave together, or nothing where
  // they gave none.
  void begin(std::uint32_t entity, rules::Bucket bucket);
  void add(std::uint32_t metric, const rules::Amount* before, rules::Amount value) {
    if (!open_) return;
    if (before == nullptr) {
      is_new_ = true;
      return;
    }
    note(metric, *before, value);
  }
  void end();

  // What is suspicious, with the entity's number in place of the entity.
  struct Found {
    std::uint64_t count = 0;
    rules::DayRange days{};
    std::uint32_t example = 0;
  };
  Found found() const;

 private:
  struct OfDay {
    std::uint64_t rows = 0;
    std::uint64_t twice = 0;    // with any figure but zeros
    std::uint64_t told = 0;     // of these, told apart by their figures
    std::uint32_t example = 0;  // of twice, rather one that is told apart
  };
  void note(std::uint32_t metric, rules::Amount before, rules::Amount value);

  boost::unordered_flat_set<std::uint64_t> kept_;  // hashes of rows, and of entity and bucket seen twice
  std::map<rules::Day, OfDay> days_;
  OfDay* day_ = nullptr;  // of the row; rows of one day tend to follow each other
  rules::Bucket bucket_{};
  std::uint32_t entity_ = 0;
  bool open_ = false;
  bool is_new_ = false;                 // some figure of the row is the document's first
  std::uint64_t first_ = 0, this_ = 0;  // hashes of the figures as they stand, and of the row's
  std::vector<rules::Amount> values_;
};

}  // namespace tightrope::collectors

#include "rules/condition_set.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace tightrope::rules {
namespace {

// Fewer rounds only find less; conditions that people write settle in two or three.
constexpr int kRounds = 6;
// Sums of fractions are off by rounding: what is nearer to 0 than this, of the largest term, is 0.
constexpr double kRounding = 1e-9;

}  // namespace

std::vector<std::size_t> ConditionSet::places(const Formula& formula, const Naming& name,
                                              const Ranging& range) {
  std::vector<std::size_t> result;
  for (const Input& input : formula.inputs()) {
    const auto [place, is_new] = names_.try_emplace(name(input), ranges_.size());
    if (is_new) ranges_.push_back(range(input));
    result.push_back(place->second);
  }
  return result;
}

void ConditionSet::add(const Formula& condition, const Naming& name, const Ranging& range) {
  std::vector<std::size_t> inputs = places(condition, name, range);
  members_.push_back({FormulaTree(condition), std::move(inputs), std::nullopt});
}

void ConditionSet::define(const std::string& name, const Formula& formula, const Naming& naming,
                          const Ranging& range) {
  const auto defined = names_.find(name);
  if (defined == names_.end()) return;
  const std::size_t place = defined->second;
  std::vector<std::size_t> inputs = places(formula, naming, range);
  members_.push_back({FormulaTree(formula), std::move(inputs), place});
}

bool ConditionSet::possible() const {
  Box ranges = ranges_;
  for (int round = 0; round < kRounds; ++round) {
    const Box before = ranges;
    if (!narrow_all(ranges)) return false;
    if (ranges == before) break;
  }
  return !contradict(ranges);
}

bool ConditionSet::narrow_all(Box& ranges) const {
  for (const Member& member : members_) {
    Box inputs;
    for (const std::size_t place : member.inputs) inputs.push_back(ranges[place]);
    if (member.defines) {
      // Empty where it is undefined; a condition may be true without it.
      Interval& defined = ranges[*member.defines];
      defined = intersection(defined, member.tree.range(inputs));
      if (defined.empty()) defined = Interval::none();
      continue;
    }
    const std::optional<Box> narrowed = member.tree.narrow(inputs);
    if (!narrowed) return false;
    for (std::size_t i = 0; i < member.inputs.size(); ++i) ranges[member.inputs[i]] = (*narrowed)[i];
  }
  return true;
}

// Two comparisons that hold can be added up: from x > y + 1 and y > x follows 0 > 1.
bool ConditionSet::contradict(const Box& ranges) const {
  std::vector<FormulaTree::Atom> atoms;
  for (const Member& member : members_) {
    if (member.defines) continue;
    for (FormulaTree::Atom& atom : member.tree.atoms()) {
      Linear shared{{}, atom.difference.constant};
      for (const auto& [input, factor] : atom.difference.factors)
        shared = plus(std::move(shared), {{{member.inputs[input], factor}}, 0}, 1);
      atom.difference = std::move(shared);
      atoms.push_back(std::move(atom));
    }
  }
  for (std::size_t i = 0; i < atoms.size(); ++i) {
    for (std::size_t j = i + 1; j < atoms.size(); ++j) {
      const FormulaTree::Atom& a = atoms[i];
      const FormulaTree::Atom& b = atoms[j];
      const Linear sum = plus(a.difference, b.difference, 1);
      if (sum == Linear{} && a.exact && b.exact && (a.strict || b.strict)) return true;
      Interval range = Interval::point(sum.constant);
      double largest = std::max(std::abs(a.difference.constant), std::abs(b.difference.constant));
      for (const auto& [input, factor] : sum.factors) {
        const Interval term = Interval::point(factor) * ranges[input];
        range = range + term;
        largest = std::max(largest, std::abs(term.high));
      }
      if (range.high < -kRounding * largest) return true;
    }
  }
  return false;
}

}  // namespace tightrope::rules

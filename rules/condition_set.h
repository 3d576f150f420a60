// Several conditions at once: whether all of them can be true.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "rules/formula_tree.h"

namespace tightrope::rules {

// Inputs that conditions share, by name, with what they can be and how they hang together.
class ConditionSet {
 public:
  using Naming = std::function<std::string(const Input&)>;  // equal texts: one and the same figure
  using Ranging = std::function<Interval(const Input&)>;

  void add(const Formula& condition, const Naming& name, const Ranging& range);
  // That the input `name`, where there is one, is this formula of others.
  void define(const std::string& name, const Formula& formula, const Naming& naming, const Ranging& range);
  // Whether all conditions can be true at once. False is certain; true only says that nothing speaks against
  // it.
  bool possible() const;

 private:
  struct Member {
    FormulaTree tree;
    std::vector<std::size_t> inputs;  // places in ranges_
    std::optional<std::size_t> defines;
  };
  std::vector<std::size_t> places(const Formula& formula, const Naming& name, const Ranging& range);
  bool narrow_all(Box& ranges) const;
  bool contradict(const Box& ranges) const;

  std::map<std::string, std::size_t> names_;
  Box ranges_;
  std::vector<Member> members_;
};

}  // namespace tightrope::rules

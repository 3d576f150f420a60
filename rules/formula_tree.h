// A formula as a tree, for reasoning about all its values at once. Evaluation does not need it: formula.h.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "rules/formula.h"
#include "rules/interval.h"

namespace tightrope::rules {

// What each input can be, in the order of Formula::inputs().
using Box = std::vector<Interval>;

// A sum of multiples of inputs, and a constant.
struct Linear {
  std::map<std::size_t, double> factors;  // by input; none is 0
  double constant = 0;
  friend bool operator==(const Linear&, const Linear&) = default;
};

// a + times * b
Linear plus(Linear a, const Linear& b, double times);

// Borrows nothing of the formula.
class FormulaTree {
 public:
  explicit FormulaTree(const Formula& formula);

  // Every figure the formula can give, and perhaps more: each input is taken for itself where it stands.
  // REQUIRES: one range per input. Of a condition: 1 where it can only be true, 0 where it can only be
  // false.
  Interval range(std::span<const Interval> inputs) const;

  // For conditions: the inputs for which it can be true, and perhaps more; nothing when it never is.
  std::optional<Box> narrow(Box inputs) const;

  // Of a condition, the comparisons that have to hold for it to be true, as `difference > 0` or
  // `difference >= 0`; those that are not linear are left out.
  struct Atom {
    Linear difference;
    bool strict = false;
    bool exact = false;  // compares two inputs as they are, so no rounding is involved
  };
  std::vector<Atom> atoms() const;

 private:
  using Op = Formula::Op;
  struct Node {
    Op op;
    double constant = 0;
    std::size_t input = 0;
    std::size_t a = 0, b = 0, c = 0;  // operands, as places in nodes_
  };
  Interval range(const Node& node, const Box& inputs) const;
  std::optional<Box> refine(const Node& node, bool wanted, const Box& inputs) const;
  std::optional<Box> both(const Node& first, bool first_wanted, const Node& second, bool second_wanted,
                          const Box& inputs) const;
  std::optional<Box> compare(Op op, const Node& left, const Node& right, Box inputs) const;
  void collect(const Node& node, std::vector<Atom>& found) const;
  std::optional<Linear> linear(const Node& node) const;

  std::vector<Node> nodes_;  // operands before what uses them; the last is the whole
};

}  // namespace tightrope::rules

#include "rules/formula_tree.h"

namespace tightrope::rules {
namespace {

constexpr Interval kTrue{1, 1};
constexpr Interval kFalse{0, 0};

Interval truths(bool can_be_true, bool can_be_false) noexcept {
  if (can_be_true) return can_be_false ? Interval{0, 1} : kTrue;
  return can_be_false ? kFalse : Interval::none();
}

std::optional<Box> union_of(std::optional<Box> a, const std::optional<Box>& b) {
  if (!a) return b;
  if (b) {
    for (std::size_t i = 0; i < a->size(); ++i) (*a)[i] = hull((*a)[i], (*b)[i]);
  }
  return a;
}

// Fewer rounds only find less; conditions that people write settle in two or three.
constexpr int kRounds = 6;

}  // namespace

Linear plus(Linear a, const Linear& b, double times) {
  for (const auto& [input, factor] : b.factors) {
    double& sum = a.factors[input];
    sum += factor * times;
    if (sum == 0) a.factors.erase(input);
  }
  a.constant += b.constant * times;
  return a;
}

FormulaTree::FormulaTree(const Formula& formula) {
  std::vector<std::size_t> stack;
  const auto pop = [&stack] {
    const std::size_t top = stack.back();
    stack.pop_back();
    return top;
  };
  for (const Formula::Instruction& instruction : formula.program_) {
    Node node{.op = instruction.op};
    switch (instruction.op) {
      case Op::constant:
        node.constant = formula.constants_[instruction.index];
        break;
      case Op::input:
        node.input = instruction.index;
        break;
      case Op::negate:
      case Op::absolute:
      case Op::logical_not:
        node.a = pop();
        break;
      case Op::select:
        node.c = pop();
        node.b = pop();
        node.a = pop();
        break;
      default:
        node.b = pop();
        node.a = pop();
    }
    stack.push_back(nodes_.size());
    nodes_.push_back(node);
  }
}

Interval FormulaTree::range(std::span<const Interval> inputs) const {
  if (nodes_.empty()) return Interval::none();
  return range(nodes_.back(), Box(inputs.begin(), inputs.end()));
}

Interval FormulaTree::range(const Node& node, const Box& inputs) const {
  if (node.op == Op::constant) return Interval::point(node.constant);
  if (node.op == Op::input) return inputs[node.input];
  const Interval a = range(nodes_[node.a], inputs);
  if (node.op == Op::negate) return -a;
  if (node.op == Op::absolute) return absolute(a);
  if (node.op == Op::logical_not) return truths(a.contains(0), a.contains(1));
  const Interval b = range(nodes_[node.b], inputs);
  switch (node.op) {
    case Op::add:
      return a + b;
    case Op::subtract:
      return a - b;
    case Op::multiply:
      return a * b;
    case Op::divide:
      return a / b;
    case Op::minimum:
      return minimum(a, b);
    case Op::maximum:
      return maximum(a, b);
    case Op::select: {
      const Interval c = range(nodes_[node.c], inputs);
      return hull(a.contains(1) ? b : Interval::none(), a.contains(0) ? c : Interval::none());
    }
    // One side that decides is enough, though the other be unknown.
    case Op::logical_and:
      return truths(a.contains(1) && b.contains(1), a.contains(0) || b.contains(0));
    case Op::logical_or:
      return truths(a.contains(1) || b.contains(1), a.contains(0) && b.contains(0));
    default:
      break;
  }
  if (a.empty() || b.empty()) return Interval::none();
  const bool same = a.low == a.high && a == b;
  const bool overlap = a.low <= b.high && b.low <= a.high;
  switch (node.op) {
    case Op::less:
      return truths(a.low < b.high, a.high >= b.low);
    case Op::less_equal:
      return truths(a.low <= b.high, a.high > b.low);
    case Op::greater:
      return truths(a.high > b.low, a.low <= b.high);
    case Op::greater_equal:
      return truths(a.high >= b.low, a.low < b.high);
    case Op::equal:
      return truths(overlap, !same);
    case Op::not_equal:
      return truths(!same, overlap);
    default:
      return Interval::all();
  }
}

std::optional<Box> FormulaTree::narrow(Box inputs) const {
  if (nodes_.empty()) return std::nullopt;
  for (int round = 0; round < kRounds; ++round) {
    std::optional<Box> refined = refine(nodes_.back(), true, inputs);
    if (!refined || *refined == inputs) return refined;
    inputs = std::move(*refined);
  }
  return inputs;
}

std::optional<Box> FormulaTree::both(const Node& first, bool first_wanted, const Node& second,
                                     bool second_wanted, const Box& inputs) const {
  const std::optional<Box> after = refine(first, first_wanted, inputs);
  if (!after) return std::nullopt;
  const std::optional<Box> then = refine(second, second_wanted, *after);
  // What the second leaves may be too little for the first.
  return then ? refine(first, first_wanted, *then) : std::nullopt;
}

std::optional<Box> FormulaTree::refine(const Node& node, bool wanted, const Box& inputs) const {
  const Node& a = nodes_[node.a];
  const Node& b = nodes_[node.b];
  switch (node.op) {
    case Op::logical_not:
      return refine(a, !wanted, inputs);
    case Op::logical_and:
      if (wanted) return both(a, true, b, true, inputs);
      return union_of(refine(a, false, inputs), refine(b, false, inputs));
    case Op::logical_or:
      if (!wanted) return both(a, false, b, false, inputs);
      return union_of(refine(a, true, inputs), refine(b, true, inputs));
    case Op::select:
      return union_of(both(a, true, b, wanted, inputs), both(a, false, nodes_[node.c], wanted, inputs));
    case Op::less:
      return wanted ? compare(Op::less, a, b, inputs) : compare(Op::less_equal, b, a, inputs);
    case Op::less_equal:
      return wanted ? compare(Op::less_equal, a, b, inputs) : compare(Op::less, b, a, inputs);
    case Op::greater:
      return wanted ? compare(Op::less, b, a, inputs) : compare(Op::less_equal, a, b, inputs);
    case Op::greater_equal:
      return wanted ? compare(Op::less_equal, b, a, inputs) : compare(Op::less, a, b, inputs);
    case Op::equal:
    case Op::not_equal:
      return compare((node.op == Op::equal) == wanted ? Op::equal : Op::not_equal, a, b, inputs);
    default:
      return range(node, inputs).contains(wanted ? 1 : 0) ? std::optional(inputs) : std::nullopt;
  }
}

// Only an input that is compared as it stands is narrowed: working back through arithmetic would have to undo
// its rounding.
std::optional<Box> FormulaTree::compare(Op op, const Node& left, const Node& right, Box inputs) const {
  const Interval a = range(left, inputs);
  const Interval b = range(right, inputs);
  if (a.empty() || b.empty()) return std::nullopt;
  Interval of_left = a;
  Interval of_right = b;
  switch (op) {
    case Op::less:
      of_left = intersection(a, Interval::below(b.high));
      of_right = intersection(b, Interval::above(a.low));
      break;
    case Op::less_equal:
      of_left = intersection(a, Interval::at_most(b.high));
      of_right = intersection(b, Interval::at_least(a.low));
      break;
    case Op::equal:
      of_left = of_right = intersection(a, b);
      break;
    default:
      if (a.low == a.high && a == b) return std::nullopt;
  }
  if (of_left.empty() || of_right.empty()) return std::nullopt;
  if (left.op == Op::input) inputs[left.input] = intersection(inputs[left.input], of_left);
  if (right.op == Op::input) inputs[right.input] = intersection(inputs[right.input], of_right);
  if (left.op == Op::input && inputs[left.input].empty()) return std::nullopt;
  return inputs;
}

std::vector<FormulaTree::Atom> FormulaTree::atoms() const {
  std::vector<Atom> found;
  if (!nodes_.empty()) collect(nodes_.back(), found);
  return found;
}

void FormulaTree::collect(const Node& node, std::vector<Atom>& found) const {
  const Node& a = nodes_[node.a];
  const Node& b = nodes_[node.b];
  if (node.op == Op::logical_and) {
    collect(a, found);
    collect(b, found);
    return;
  }
  const bool rises = node.op == Op::greater || node.op == Op::greater_equal;
  const bool falls = node.op == Op::less || node.op == Op::less_equal;
  if (!rises && !falls) return;
  const std::optional<Linear> left = linear(a);
  const std::optional<Linear> right = linear(b);
  if (!left || !right) return;
  found.push_back({.difference = rises ? plus(*left, *right, -1) : plus(*right, *left, -1),
                   .strict = node.op == Op::greater || node.op == Op::less,
                   .exact = a.op == Op::input && b.op == Op::input});
}

std::optional<Linear> FormulaTree::linear(const Node& node) const {
  if (node.op == Op::constant) return Linear{{}, node.constant};
  if (node.op == Op::input) return Linear{{{node.input, 1}}, 0};
  const bool combines = node.op == Op::negate || node.op == Op::add || node.op == Op::subtract ||
                        node.op == Op::multiply || node.op == Op::divide;
  if (!combines) return std::nullopt;
  const std::optional<Linear> a = linear(nodes_[node.a]);
  if (!a) return std::nullopt;
  if (node.op == Op::negate) return plus({}, *a, -1);
  const std::optional<Linear> b = linear(nodes_[node.b]);
  if (!b) return std::nullopt;
  if (node.op == Op::add) return plus(*a, *b, 1);
  if (node.op == Op::subtract) return plus(*a, *b, -1);
  if (node.op == Op::multiply && a->factors.empty()) return plus({}, *b, a->constant);
  if (!b->factors.empty() || (node.op == Op::divide && b->constant == 0)) return std::nullopt;
  return plus({}, *a, node.op == Op::divide ? 1 / b->constant : b->constant);
}

}  // namespace tightrope::rules

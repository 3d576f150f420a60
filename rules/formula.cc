// Evaluation of compiled formulas, and names of units. The compiler is in formula_compiler.cc.
#include "rules/formula.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <limits>
#include <vector>

namespace tightrope::rules {
namespace {

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

constexpr std::array<std::string_view, 7> kUnitNames{"number",   "count",     "money", "ratio",
                                                     "duration", "per_money", "truth"};

double truth(bool value) noexcept {
  return value ? 1.0 : 0.0;
}

double compare(bool result, double a, double b) noexcept {
  return std::isnan(a) || std::isnan(b) ? kUnknown : truth(result);
}

// 0, 1 and unknown, after Kleene: unknown only where the unknown side decides.
double logical_and(double a, double b) noexcept {
  if (a == 0 || b == 0) return 0;
  return std::isnan(a) || std::isnan(b) ? kUnknown : 1;
}
double logical_or(double a, double b) noexcept {
  if (a == 1 || b == 1) return 1;
  return std::isnan(a) || std::isnan(b) ? kUnknown : 0;
}

double spread(double result, double a, double b) noexcept {
  return std::isnan(a) || std::isnan(b) ? kUnknown : result;
}

}  // namespace

std::string_view to_string(Unit unit) noexcept {
  return kUnitNames[static_cast<std::size_t>(unit)];
}

std::optional<Unit> parse_unit(std::string_view text) noexcept {
  for (std::size_t i = 0; i < static_cast<std::size_t>(Unit::truth); ++i) {
    if (kUnitNames[i] == text) return static_cast<Unit>(i);
  }
  return std::nullopt;
}

double Formula::evaluate(std::span<const double> inputs) const noexcept {
  return run(program_, inputs);
}

double Formula::numerator(std::span<const double> inputs) const noexcept {
  assert(is_quotient());
  return run(numerator_, inputs);
}

double Formula::denominator(std::span<const double> inputs) const noexcept {
  assert(is_quotient());
  return run(denominator_, inputs);
}

// One operation on one pair, or one column of pairs: written once, so that both give the same bits.
namespace {

struct Add {
  static double of(double a, double b) noexcept { return a + b; }
};
struct Subtract {
  static double of(double a, double b) noexcept { return a - b; }
};
struct Multiply {
  static double of(double a, double b) noexcept { return a * b; }
};
struct Divide {
  static double of(double a, double b) noexcept { return b == 0 ? kUnknown : a / b; }
};
struct Minimum {
  static double of(double a, double b) noexcept { return spread(b < a ? b : a, a, b); }
};
struct Maximum {
  static double of(double a, double b) noexcept { return spread(a < b ? b : a, a, b); }
};
struct Less {
  static double of(double a, double b) noexcept { return compare(a < b, a, b); }
};
struct LessEqual {
  static double of(double a, double b) noexcept { return compare(a <= b, a, b); }
};
struct Greater {
  static double of(double a, double b) noexcept { return compare(a > b, a, b); }
};
struct GreaterEqual {
  static double of(double a, double b) noexcept { return compare(a >= b, a, b); }
};
struct Equal {
  static double of(double a, double b) noexcept { return compare(a == b, a, b); }
};
struct NotEqual {
  static double of(double a, double b) noexcept { return compare(a != b, a, b); }
};
struct And {
  static double of(double a, double b) noexcept { return logical_and(a, b); }
};
struct Or {
  static double of(double a, double b) noexcept { return logical_or(a, b); }
};

double select(double condition, double chosen, double otherwise) noexcept {
  return std::isnan(condition) ? kUnknown : condition == 1 ? chosen : otherwise;
}

// Calls `use` with the operation that stands for a two-sided Op.
template <class Op, class Use>
void with_operation(Op op, const Use& use) {
  switch (op) {
    case Op::add:
      return use(Add());
    case Op::subtract:
      return use(Subtract());
    case Op::multiply:
      return use(Multiply());
    case Op::divide:
      return use(Divide());
    case Op::minimum:
      return use(Minimum());
    case Op::maximum:
      return use(Maximum());
    case Op::less:
      return use(Less());
    case Op::less_equal:
      return use(LessEqual());
    case Op::greater:
      return use(Greater());
    case Op::greater_equal:
      return use(GreaterEqual());
    case Op::equal:
      return use(Equal());
    case Op::not_equal:
      return use(NotEqual());
    case Op::logical_and:
      return use(And());
    case Op::logical_or:
      return use(Or());
    case Op::constant:
    case Op::input:
    case Op::negate:
    case Op::absolute:
    case Op::logical_not:
    case Op::select:
      break;
  }
}

// What overflowed is not a figure.
double finite_or_unknown(double value) noexcept {
  return std::isfinite(value) ? value : kUnknown;
}

}  // namespace

double Formula::run(const Program& program, std::span<const double> inputs) const noexcept {
  assert(inputs.size() == inputs_.size());
  // Each instruction pushes at most one value. Not initialised, for it is filled before it is read.
  std::array<double, kMostInstructions> stack;
  double* top = stack.data();  // one past the topmost
  for (const Instruction& instruction : program) {
    switch (instruction.op) {
      case Op::constant:
        *top++ = constants_[instruction.index];
        continue;
      case Op::input:
        *top++ = inputs[instruction.index];
        continue;
      case Op::negate:
        top[-1] = -top[-1];
        continue;
      case Op::absolute:
        top[-1] = std::fabs(top[-1]);
        continue;
      case Op::logical_not:
        top[-1] = 1 - top[-1];
        continue;
      case Op::select:
        top -= 2;
        top[-1] = select(top[-1], top[0], top[1]);
        continue;
      default:
        break;
    }
    --top;
    with_operation(instruction.op, [top](auto operation) { top[-1] = operation.of(top[-1], top[0]); });
  }
  if (top == stack.data()) return kUnknown;  // a default-constructed formula has no program
  return finite_or_unknown(top[-1]);
}

void Formula::evaluate(std::span<const double* const> inputs, std::size_t count, double* out) const {
  run(program_, inputs, count, out);
}

void Formula::sides(std::span<const double* const> inputs, std::size_t count, double* numerator,
                    double* denominator) const {
  assert(is_quotient());
  run(numerator_, inputs, count, numerator);
  run(denominator_, inputs, count, denominator);
}

// A value on the stack is a column: an input's own, which is only read, or the buffer of its place.
void Formula::run(const Program& program, std::span<const double* const> inputs, std::size_t count,
                  double* out) const {
  assert(inputs.size() == inputs_.size() && count <= kColumn);
  std::size_t depth = 0;
  std::size_t deepest = 1;
  for (const Instruction& instruction : program) {
    if (instruction.op == Op::constant || instruction.op == Op::input) {
      deepest = std::max(deepest, ++depth);
    } else if (instruction.op == Op::select) {
      depth -= 2;
    } else if (instruction.op != Op::negate && instruction.op != Op::absolute &&
               instruction.op != Op::logical_not) {
      --depth;
    }
  }
  constexpr std::size_t kUsualDepth = 4;
  std::array<double, kUsualDepth * kColumn> usual;
  std::vector<double> unusual(deepest > kUsualDepth ? deepest * kColumn : 0);
  double* const buffers = unusual.empty() ? usual.data() : unusual.data();
  std::array<const double*, kMostInstructions> stack;
  std::size_t top = 0;
  const auto place = [&](std::size_t at) { return buffers + at * kColumn; };
  for (const Instruction& instruction : program) {
    switch (instruction.op) {
      case Op::constant:
        std::fill_n(place(top), count, constants_[instruction.index]);
        stack[top] = place(top);
        ++top;
        continue;
      case Op::input:
        stack[top++] = inputs[instruction.index];
        continue;
      case Op::negate:
      case Op::absolute:
      case Op::logical_not: {
        const double* a = stack[top - 1];
        double* to = place(top - 1);
        if (instruction.op == Op::negate) {
          for (std::size_t i = 0; i < count; ++i) to[i] = -a[i];
        } else if (instruction.op == Op::absolute) {
          for (std::size_t i = 0; i < count; ++i) to[i] = std::fabs(a[i]);
        } else {
          for (std::size_t i = 0; i < count; ++i) to[i] = 1 - a[i];
        }
        stack[top - 1] = to;
        continue;
      }
      case Op::select: {
        top -= 2;
        const double* condition = stack[top - 1];
        const double* chosen = stack[top];
        const double* otherwise = stack[top + 1];
        double* to = place(top - 1);
        for (std::size_t i = 0; i < count; ++i) to[i] = select(condition[i], chosen[i], otherwise[i]);
        stack[top - 1] = to;
        continue;
      }
      default:
        break;
    }
    --top;
    const double* a = stack[top - 1];
    const double* b = stack[top];
    double* to = place(top - 1);
    with_operation(instruction.op, [=](auto operation) {
      for (std::size_t i = 0; i < count; ++i) to[i] = operation.of(a[i], b[i]);
    });
    stack[top - 1] = to;
  }
  if (top == 0) {
    std::fill_n(out, count, kUnknown);
    return;
  }
  const double* result = stack[0];
  for (std::size_t i = 0; i < count; ++i) out[i] = finite_or_unknown(result[i]);
}

}  // namespace tightrope::rules

// Evaluation of compiled formulas, and names of units. The compiler is in formula_compiler.cc.
#include "rules/formula.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <limits>

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
        top[-1] = std::isnan(top[-1]) ? kUnknown : top[-1] == 1 ? top[0] : top[1];
        continue;
      default:
        break;
    }
    const double b = *--top;
    const double a = top[-1];
    switch (instruction.op) {
      case Op::add:
        top[-1] = a + b;
        break;
      case Op::subtract:
        top[-1] = a - b;
        break;
      case Op::multiply:
        top[-1] = a * b;
        break;
      case Op::divide:
        top[-1] = b == 0 ? kUnknown : a / b;
        break;
      case Op::minimum:
        top[-1] = spread(std::min(a, b), a, b);
        break;
      case Op::maximum:
        top[-1] = spread(std::max(a, b), a, b);
        break;
      case Op::less:
        top[-1] = compare(a < b, a, b);
        break;
      case Op::less_equal:
        top[-1] = compare(a <= b, a, b);
        break;
      case Op::greater:
        top[-1] = compare(a > b, a, b);
        break;
      case Op::greater_equal:
        top[-1] = compare(a >= b, a, b);
        break;
      case Op::equal:
        top[-1] = compare(a == b, a, b);
        break;
      case Op::not_equal:
        top[-1] = compare(a != b, a, b);
        break;
      case Op::logical_and:
        top[-1] = logical_and(a, b);
        break;
      case Op::logical_or:
        top[-1] = logical_or(a, b);
        break;
      default:
        break;
    }
  }
  // A default-constructed formula has no program. What overflowed is not a figure.
  if (top == stack.data() || !std::isfinite(top[-1])) return kUnknown;
  return top[-1];
}

}  // namespace tightrope::rules

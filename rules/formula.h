// Formulas of KPIs and conditions of playbooks: parsed and checked by unit once, evaluated many times.
//
//   expression  or, and, not; < <= > >= == !=; + -; * /; unary -; ( )
//   operands    1.5, 20%, metric, kpi, named value, min(a, b, ...), max(a, b, ...), abs(a), if(c, a, b),
//               change(x, 7d), change(x, 7d, 28d), change(x, yesterday, weekdays), share(x), rank(x)
//
// Operators bind as listed, the last the most tightly; comparisons do not chain. Names are letters, digits
// and `_`. `change(x, w)` is x over the last window w divided by x over the window of that length before it,
// minus 1; with a third argument, against the same window so many days earlier, or against the four windows
// one to four weeks earlier (the same weekdays), of which those count that have figures. Of a total such as
// clicks, only so much of the earlier window counts as has passed of this one: N - 1 days, and of today, if
// it has figures yet, the share that is over. Ratios are compared as they are. `share(x)` is a total's part
// of its objective's; `rank(x)` the place among the entities of the same level, 1 the best (where neither
// direction is better: the largest). Unknown is NaN, and spreads: a missing input, or a division by zero,
// makes the result unknown. What cannot change the result does not spread: `false and unknown` is false,
// `true or unknown` is true, and of `if` only the chosen side counts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "rules/calendar.h"

namespace tightrope::rules {

// What a figure counts. money / count is money (a price); money / money and count / count are ratios;
// money + count is an error. A bare number fits any of them.
enum class Unit : std::uint8_t { number, count, money, ratio, duration, per_money, truth };

std::string_view to_string(Unit unit) noexcept;                  // "money", ...
std::optional<Unit> parse_unit(std::string_view text) noexcept;  // not "truth"

// What a name in a formula stands for.
class Formula;
struct Name {
  enum class Kind : std::uint8_t { metric, kpi, value };
  Kind kind;
  Unit unit;
  // When set, this formula stands in the place of the name, and the name is no input. Borrowed while
  // compiling.
  const Formula* inlined = nullptr;
};

// One figure a formula needs. Inputs are numbered in order of first use; each once.
struct Input {
  // Whose figure: the entity's, that of its whole objective, or the entity's place among its siblings.
  enum class Of : std::uint8_t { entity, objective, siblings };

  std::string name = {};
  Name::Kind kind = Name::Kind::metric;
  std::optional<Window> over = std::nullopt;  // else the window of the target
  // The window ends so much before now: days, or hours of an hourly window.
  std::int16_t earlier = 0;
  // Of a total whose window is not over: as much of it as has passed of the window that it is compared with.
  bool so_far = false;
  bool weekdays = false;  // the mean of the windows 7, 14, 21 and 28 days earlier, of those with figures
  Of of = Of::entity;

  friend bool operator==(const Input&, const Input&) = default;
};

// Where in the text, counted from 0 in bytes, and what is wrong with it; `suggestion` is the nearest known
// name for an unknown one, else empty.
struct FormulaError {
  std::size_t offset;
  std::size_t length;
  std::string problem;
  std::string suggestion;
};

class Formula {
 public:
  const std::string& text() const noexcept { return text_; }
  Unit unit() const noexcept { return unit_; }
  const std::vector<Input>& inputs() const noexcept { return inputs_; }

  // REQUIRES: inputs.size() == this->inputs().size(). NaN for unknown; a truth is 1 or 0.
  double evaluate(std::span<const double> inputs) const noexcept;

  // The same for `count` entities at once: each input is a column of so many figures. Every result has the
  // bits that evaluate() gives. REQUIRES: count <= kColumn; out has room for count.
  static constexpr std::size_t kColumn = 256;
  void evaluate(std::span<const double* const> inputs, std::size_t count, double* out) const;

  // For a formula of the form `a / b`, also times or over constants: its two sides, so that a target can be
  // checked on a against b also where b is 0. Neither side divides by figures; constants stand with the
  // numerator. Both take the same inputs as this formula, and numerator / denominator is its value, up to
  // rounding. REQUIRES: is_quotient().
  bool is_quotient() const noexcept { return !denominator_.empty(); }
  double numerator(std::span<const double> inputs) const noexcept;
  double denominator(std::span<const double> inputs) const noexcept;
  // Both for `count` entities or days at once, as evaluate() with columns. REQUIRES: is_quotient().
  void sides(std::span<const double* const> inputs, std::size_t count, double* numerator,
             double* denominator) const;
  // Unit::number when it is no quotient.
  Unit denominator_unit() const noexcept { return denominator_unit_; }

  friend bool operator==(const Formula& a, const Formula& b) { return a.text_ == b.text_; }

  static constexpr std::size_t kMostBytes = 4096;
  static constexpr int kMostNesting = 64;
  static constexpr std::size_t kMostInstructions = 256;
  static constexpr int kMostDaysBack = 98;  // how far change() looks, for that many days are in memory

 private:
  friend class FormulaCompiler;
  friend class FormulaTree;
  // A postfix program: operands push, operators pop. `if`, `and` and `or` are plain selects (both sides are
  // evaluated: there are no effects), so a program has no branches.
  enum class Op : std::uint8_t {
    constant,
    input,
    add,
    subtract,
    multiply,
    divide,
    negate,
    minimum,
    maximum,
    absolute,
    select,
    less,
    less_equal,
    greater,
    greater_equal,
    equal,
    not_equal,
    logical_and,
    logical_or,
    logical_not,
  };
  struct Instruction {
    Op op;
    std::uint16_t index = 0;  // of the constant or input
  };
  using Program = std::vector<Instruction>;
  double run(const Program& program, std::span<const double> inputs) const noexcept;
  void run(const Program& program, std::span<const double* const> inputs, std::size_t count,
           double* out) const;

  std::string text_;
  Unit unit_ = Unit::number;
  Unit denominator_unit_ = Unit::number;
  bool divides_ = false;  // by something that is not a constant
  Program program_;
  Program numerator_;  // empty, like the next, when it is no quotient
  Program denominator_;
  std::vector<double> constants_;
  std::vector<Input> inputs_;
};

// What names mean where a formula stands; `names` is for suggestions.
struct Vocabulary {
  std::function<std::optional<Name>(std::string_view)> find;
  std::vector<std::string> names;
  bool allows_rank = true;  // whether rank() may be used: in playbooks, not in KPIs
};

// Any bytes give a formula or an error. Beyond Formula::kMostBytes, kMostNesting or kMostInstructions (those
// of inlined formulas count) it is an error.
std::variant<Formula, FormulaError> compile_formula(std::string_view text, const Vocabulary& vocabulary);

// Whether the text can be a name in formulas: a letter or `_`, then letters, digits and `_`, and no word of
// the language.
bool is_formula_name(std::string_view text) noexcept;

// The nearest of `names` to `text` by edit distance, if near enough to be meant; else the only one that
// begins with it (three letters or more); else "". Shared by everything that has to say "did you mean".
std::string nearest_name(std::string_view text, std::span<const std::string> names);

}  // namespace tightrope::rules

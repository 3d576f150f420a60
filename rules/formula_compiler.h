// From a formula's text to its program. Private to formula_compiler.cc (operators) and formula_operands.cc
// (what stands between them).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "rules/formula.h"
#include "rules/formula_lexer.h"

namespace tightrope::rules {

// One compilation. Each parse_ function leaves the position after what it read, or sets error_ and gives
// nothing.
class FormulaCompiler {
 public:
  FormulaCompiler(std::string_view text, const Vocabulary& vocabulary)
      : text_(text), vocabulary_(vocabulary) {}

  std::variant<Formula, FormulaError> compile();

 private:
  using Op = Formula::Op;
  using Program = Formula::Program;
  using Kind = Token::Kind;

  struct Quotient {
    Program numerator;
    Program denominator;
    Unit denominator_unit;
  };
  struct Fragment {
    Program program;
    Unit unit = Unit::number;
    std::size_t offset = 0;  // of its first and ...
    std::size_t end = 0;     // ... behind its last byte
    bool constant = false;   // has no inputs
    bool divides = false;    // by something that is not a constant
    std::optional<Quotient> quotient;
  };
  using Parsed = std::optional<Fragment>;
  struct Operator {
    Kind token;
    Op op;
  };

  // One level of nesting, while it lives.
  class Nesting {
   public:
    explicit Nesting(int& depth) : depth_(++depth) {}
    ~Nesting() { --depth_; }
    Nesting(const Nesting&) = delete;
    Nesting& operator=(const Nesting&) = delete;

   private:
    int& depth_;
  };

  Parsed parse_expression() { return parse_or(); }
  Parsed parse_or();
  Parsed parse_and();
  Parsed parse_not();
  Parsed parse_comparison();
  Parsed parse_sum();
  Parsed parse_product();
  Parsed parse_negation();
  Parsed parse_operand();
  Parsed parse_number();
  Parsed parse_parentheses();
  Parsed parse_name();
  Parsed parse_function(const Token& name);
  Parsed parse_extreme(const Token& name, Op op);
  Parsed parse_absolute(const Token& name);
  Parsed parse_if(const Token& name);
  Parsed parse_change(const Token& name);
  Parsed parse_share(const Token& name);
  Parsed parse_rank(const Token& name);
  // The metric or KPI that a function is about; `function` says what it does with it.
  struct Subject {
    Token name;
    Name found;
  };
  std::optional<Subject> parse_subject(std::string_view function);
  std::optional<Window> parse_change_window();
  // What the figures of `change` are compared with.
  struct Against {
    std::int16_t earlier = 0;
    bool weekdays = false;
  };
  std::optional<Against> parse_against(Window window);
  // The subject's figure with `where` said of each of its inputs; name and kind of `where` are ignored.
  Parsed figure_of(const Subject& subject, const Input& where);
  // a / b, each of them a figure.
  Parsed divide_figures(const Token& function, Parsed a, Parsed b);
  // Reads `)` and sets the fragment's extent to the whole call.
  Parsed close_call(const Token& name, Parsed result);
  bool expect_comma(const Token& function, std::string_view arguments);

  Parsed both_truths(const Token& op_token, Op op, Parsed left, Parsed right);
  Parsed combine(const Token& op_token, Op op, Fragment left, Fragment right, Unit unit);
  Parsed multiply(const Token& op_token, Fragment left, Fragment right);
  Parsed divide(const Token& op_token, Fragment left, Fragment right);
  Parsed inline_formula(const Token& name, const Formula& formula, Unit unit, const Input* where = nullptr);
  Parsed input(const Token& name, Input needed, Unit unit);
  std::optional<Name> look_up(const Token& name);
  bool require_truth(const Fragment& fragment, std::string_view where);
  bool refuse_truth(const Fragment& fragment, const Token& at, std::string_view verb);

  const Token& current() const noexcept { return tokens_[position_]; }
  bool at(Kind kind) const noexcept { return current().kind == kind; }
  const Token& take() noexcept { return tokens_[position_ < tokens_.size() - 1 ? position_++ : position_]; }
  bool too_deep();
  // nullopt, so that callers can return it.
  std::nullopt_t fail(std::size_t offset, std::size_t length, std::string problem,
                      std::string suggestion = "");
  std::nullopt_t fail_at(const Token& token, std::string problem, std::string suggestion = "") {
    return fail(token.offset, token.text.size(), std::move(problem), std::move(suggestion));
  }
  std::nullopt_t fail_unexpected(std::string_view wanted);
  // The text for a message; a long one is cut.
  static std::string quoted(std::string_view text);
  bool append(const Token& token, Program& program, const Program& more);
  std::uint16_t constant_index(double value);
  std::uint16_t input_index(const Input& needed);

  std::string_view text_;
  const Vocabulary& vocabulary_;
  std::vector<Token> tokens_;
  std::size_t position_ = 0;
  int depth_ = 0;
  std::optional<FormulaError> error_;
  Formula formula_;  // its tables grow while parsing
};

}  // namespace tightrope::rules

// One parser for checking and for rendering: it cuts a template into pieces, so that what passes the check is
// exactly what can be rendered.
#include "rules/template.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "rules/format.h"

namespace tightrope::rules {
namespace {

constexpr std::size_t kMostShown = 64;  // of a wrong name, in a message

enum class Format : std::uint8_t { by_unit, percent, fixed, money };

struct Piece {
  enum class Kind : std::uint8_t { literal, field, malformed };
  Kind kind;
  std::string_view text;  // the literal; the whole field with its braces; what is malformed
  std::size_t offset;     // of that text
  // Of fields:
  std::string_view name;
  std::string_view format_text;
  std::optional<Format> format;  // nothing when there is no such format
  int decimals = 0;
  // Of what is malformed:
  std::string_view problem;
};

// ".2f", ".0%", "money", ""
void read_format(Piece& field) {
  const std::string_view text = field.format_text;
  if (text == "money") {
    field.format = Format::money;
  } else if (text.size() == 3 && text[0] == '.' && text[1] >= '0' && text[1] <= '9') {
    field.decimals = text[1] - '0';
    if (text[2] == '%') field.format = Format::percent;
    if (text[2] == 'f') field.format = Format::fixed;
  }
}

Piece malformed(std::string_view text, std::size_t offset, std::string_view problem) {
  return {.kind = Piece::Kind::malformed,
          .text = text,
          .offset = offset,
          .name = {},
          .format_text = {},
          .format = std::nullopt,
          .decimals = 0,
          .problem = problem};
}

Piece literal(std::string_view text, std::size_t offset) {
  Piece piece = malformed(text, offset, {});
  piece.kind = Piece::Kind::literal;
  return piece;
}

// The piece at the front of `rest`, which begins at `offset` and is not empty.
Piece next_piece(std::string_view rest, std::size_t offset, std::size_t& taken) {
  if (rest.starts_with("{{") || rest.starts_with("}}")) {
    taken = 2;
    return literal(rest.substr(0, 1), offset);
  }
  if (rest.front() == '}') {
    taken = 1;
    return malformed(rest.substr(0, 1), offset,
                     "a closing brace without its opening one; write }} for a brace");
  }
  if (rest.front() != '{') {
    taken = std::min(rest.find_first_of("{}"), rest.size());
    return literal(rest.substr(0, taken), offset);
  }
  const std::size_t close = rest.find_first_of("{}", 1);
  if (close == std::string_view::npos || rest[close] == '{') {
    taken = 1;
    return malformed(rest.substr(0, 1), offset,
                     "an opening brace without its closing one; write {{ for a brace");
  }
  taken = close + 1;
  Piece field = literal(rest.substr(0, taken), offset);
  field.kind = Piece::Kind::field;
  const std::string_view inside = rest.substr(1, close - 1);
  const std::size_t colon = inside.find(':');
  field.name = inside.substr(0, colon);
  if (colon == std::string_view::npos) {
    field.format = Format::by_unit;
  } else {
    field.format_text = inside.substr(colon + 1);
    read_format(field);
  }
  return field;
}

// Calls `use` with each piece in order, until it returns false.
template <class Use>
void for_each_piece(std::string_view text, Use use) {
  for (std::size_t at = 0; at < text.size();) {
    std::size_t taken = 0;
    if (!use(next_piece(text.substr(at), at, taken))) return;
    at += taken;
  }
}

bool contains(std::span<const std::string> names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string render_number(const Piece& field, const TemplateNumber& number, std::string_view currency) {
  if (!std::isfinite(number.value)) return "n/a";
  switch (field.format.value_or(Format::by_unit)) {
    case Format::by_unit:
      return format_value(number.value, number.unit, currency);
    case Format::money:
      return format_value(number.value, Unit::money, currency);
    case Format::percent:
      return format_fixed(number.value * 100, field.decimals) + " %";
    case Format::fixed:
      return format_fixed(number.value, field.decimals);
  }
  return "n/a";
}

}  // namespace

std::optional<FormulaError> check_template(std::string_view text, std::span<const std::string> names,
                                           std::span<const std::string> texts) {
  std::optional<FormulaError> error;
  for_each_piece(text, [&](const Piece& piece) {
    if (piece.kind == Piece::Kind::malformed) {
      error = FormulaError{piece.offset, piece.text.size(), std::string(piece.problem), ""};
    } else if (piece.kind == Piece::Kind::field) {
      const std::size_t format_offset = piece.offset + 1 + piece.name.size() + 1;
      if (piece.name.empty()) {
        error = FormulaError{piece.offset, piece.text.size(),
                             "braces without a name; write {{ and }} for braces", ""};
      } else if (!contains(names, piece.name) && !contains(texts, piece.name)) {
        std::vector<std::string> known(names.begin(), names.end());
        known.insert(known.end(), texts.begin(), texts.end());
        error = FormulaError{piece.offset + 1, piece.name.size(),
                             fmt::format("unknown name \"{}\"", piece.name.substr(0, kMostShown)),
                             nearest_name(piece.name, known)};
      } else if (!piece.format) {
        error = FormulaError{format_offset, piece.format_text.size(),
                             fmt::format("unknown format \"{}\"; write .0%, .2f or money",
                                         piece.format_text.substr(0, kMostShown)),
                             ""};
      } else if (piece.format != Format::by_unit && contains(texts, piece.name)) {
        error = FormulaError{format_offset, piece.format_text.size(),
                             fmt::format("\"{}\" is a text and takes no format", piece.name), ""};
      }
    }
    return !error;
  });
  return error;
}

std::string render_template(std::string_view text, const TemplateLookup& lookup, std::string_view currency) {
  std::string result;
  for_each_piece(text, [&](const Piece& piece) {
    if (piece.kind != Piece::Kind::field) {
      result += piece.text;
      return true;
    }
    const std::optional<TemplateValue> value = lookup(piece.name);
    if (!value) {
      result += "n/a";
    } else if (const auto* words = std::get_if<std::string>(&*value)) {
      result += *words;
    } else {
      result += render_number(piece, std::get<TemplateNumber>(*value), currency);
    }
    return true;
  });
  return result;
}

}  // namespace tightrope::rules

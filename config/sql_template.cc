#include "config/sql_template.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "config/problems.h"
#include "config/scalars.h"
#include "rules/formula.h"

namespace tightrope::config {
namespace {

constexpr std::array<std::string_view, 3> kNames{"from", "to", "now"};

bool is_letter(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_word(char c) noexcept {
  return is_letter(c) || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80;
}

// What stands in braces at the front of the text, if it looks like a parameter: {name} or {name:format}.
std::optional<SqlParameter> braced(std::string_view text, std::size_t& length) {
  if (!text.starts_with('{')) return std::nullopt;
  const std::size_t close = text.find_first_of("{}", 1);
  if (close == std::string_view::npos || text[close] != '}') return std::nullopt;
  const std::string_view inside = text.substr(1, close - 1);
  const std::size_t colon = std::min(inside.find(':'), inside.size());
  const std::string_view name = inside.substr(0, colon);
  if (name.empty() || !std::all_of(name.begin(), name.end(), is_letter)) return std::nullopt;
  length = close + 1;
  return SqlParameter{std::string(name), std::string(inside.substr(std::min(colon + 1, inside.size())))};
}

bool is_known(const SqlParameter& parameter) noexcept {
  return std::find(kNames.begin(), kNames.end(), parameter.name) != kNames.end();
}

class Scanner {
 public:
  Scanner(std::string_view query, Database database) : query_(query), database_(database) {}

  std::variant<SqlTemplate, SqlTemplateError> scan() {
    template_.texts.emplace_back();
    while (at_ < query_.size()) {
      if (const std::size_t length = comment_length(); length > 0) {
        keep(length);
      } else if (const std::size_t quoted = quoted_length(); quoted > 0) {
        if (auto error = check_quoted(query_.substr(at_, quoted))) return *std::move(error);
        keep(quoted);
      } else if (auto error = take_one()) {
        return *std::move(error);
      }
    }
    return std::move(template_);
  }

 private:
  std::string_view rest() const noexcept { return query_.substr(at_); }
  void keep(std::size_t length) {
    template_.texts.back() += query_.substr(at_, length);
    at_ += length;
  }

  std::size_t comment_length() const noexcept {
    const std::string_view text = rest();
    const auto to_line_end = [text] { return std::min(text.find('\n'), text.size()); };
    // MariaDB takes "5--3" for arithmetic.
    if (text.starts_with("--") &&
        (database_ != Database::mariadb || text.size() == 2 || static_cast<unsigned char>(text[2]) <= ' ')) {
      return to_line_end();
    }
    if (text.starts_with('#') && database_ == Database::mariadb) return to_line_end();
    if (!text.starts_with("/*")) return 0;
    int depth = 1;
    std::size_t i = 2;
    while (i < text.size() && depth > 0) {
      const std::string_view here = text.substr(i, 2);
      if (here == "*/") {
        --depth;
        i += 2;
      } else if (here == "/*" && database_ == Database::postgresql) {
        ++depth;
        i += 2;
      } else {
        ++i;
      }
    }
    return i;
  }

  std::size_t quoted_length() const noexcept {
    const std::string_view text = rest();
    const char quote = text[0];
    if (quote == '\'') return closed_by(quote, backslash_escapes());
    if (quote == '"') return closed_by(quote, database_ == Database::mariadb);
    if (quote == '`' && database_ != Database::postgresql) return closed_by(quote, false);
    if (quote == '[' && database_ == Database::sqlite) return std::min(text.find(']'), text.size() - 1) + 1;
    if (quote == '$' && database_ == Database::postgresql) return dollar_quoted();
    return 0;
  }

  // 'it\'s' is one text in MariaDB, and in PostgreSQL where an E stands before it.
  bool backslash_escapes() const noexcept {
    if (database_ == Database::mariadb) return true;
    if (database_ == Database::sqlite || at_ == 0) return false;
    const char before = query_[at_ - 1];
    return (before == 'e' || before == 'E') && (at_ == 1 || !is_word(query_[at_ - 2]));
  }

  // A doubled quote stands for itself. It looks like two texts side by side here, which comes to the same.
  std::size_t closed_by(char quote, bool backslash) const noexcept {
    const std::string_view text = rest();
    for (std::size_t i = 1; i < text.size(); ++i) {
      if (backslash && text[i] == '\\') {
        ++i;
      } else if (text[i] == quote) {
        return i + 1;
      }
    }
    return text.size();
  }

  // $$ ... $$ and $tag$ ... $tag$; $1 is none, nor is the $ within a name.
  std::size_t dollar_quoted() const noexcept {
    const std::string_view text = rest();
    if (at_ > 0 && is_word(query_[at_ - 1])) return 0;
    std::size_t end = 1;
    while (end < text.size() && is_word(text[end])) ++end;
    if (end == text.size() || text[end] != '$' || (end > 1 && text[1] >= '0' && text[1] <= '9')) return 0;
    const std::string_view tag = text.substr(0, end + 1);
    const std::size_t close = text.find(tag, tag.size());
    return close == std::string_view::npos ? text.size() : close + tag.size();
  }

  std::optional<SqlTemplateError> check_quoted(std::string_view quoted) const {
    for (std::size_t open = quoted.find('{'); open != std::string_view::npos;
         open = quoted.find('{', open + 1)) {
      std::size_t length = 0;
      const auto parameter = braced(quoted.substr(open), length);
      if (!parameter || !is_known(*parameter)) continue;
      const std::string_view written = quoted.substr(open, length);
      return SqlTemplateError{
          at_ + open, fmt::format("{} in quotes would be text", written),
          fmt::format("write {} without quotes: it is sent apart from the query", written)};
    }
    return std::nullopt;
  }

  std::optional<SqlTemplateError> take_one() {
    std::size_t length = 0;
    auto parameter = braced(rest(), length);
    if (!parameter) {
      keep(1);
      return std::nullopt;
    }
    if (!is_known(*parameter)) {
      const std::vector<std::string> names(kNames.begin(), kNames.end());
      const std::string nearest = rules::nearest_name(parameter->name, names);
      return SqlTemplateError{at_ + 1, fmt::format("unknown name {{{}}}", parameter->name),
                              nearest.empty()
                                  ? "{from} and {to} are the window's first and last day, {now} is the time"
                                  : fmt::format("did you mean {{{}}}?", nearest)};
    }
    if (!parameter->format.empty()) {
      const std::string problem = check_date_format(parameter->format);
      if (!problem.empty())
        return SqlTemplateError{at_, fmt::format("the format of {{{}}} {}", parameter->name, problem), ""};
    }
    template_.parameters.push_back(*std::move(parameter));
    template_.texts.emplace_back();
    at_ += length;
    return std::nullopt;
  }

  std::string_view query_;
  Database database_;
  std::size_t at_ = 0;
  SqlTemplate template_;
};

}  // namespace

bool SqlTemplate::asks_for_days() const noexcept {
  return std::any_of(parameters.begin(), parameters.end(),
                     [](const SqlParameter& parameter) { return parameter.name == "from"; });
}

std::variant<SqlTemplate, SqlTemplateError> parse_sql_template(std::string_view query, Database database) {
  return Scanner(query, database).scan();
}

}  // namespace tightrope::config

// Cursor's single values: each reports what is wrong with it and what to write instead.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>

#include "config/environment.h"
#include "config/scalars.h"
#include "config/yaml_cursor.h"

namespace tightrope::config {

std::optional<std::string> Cursor::raw() const {
  if (node_->kind == NodeKind::null) {
    error("has no value");
    return std::nullopt;
  }
  if (!expect(NodeKind::scalar)) return std::nullopt;
  return node_->text;
}

std::optional<std::string> Cursor::text() const {
  auto written = raw();
  if (!written || !reading_->environment) return written;
  auto expanded = expand_environment(*written, reading_->from_environment);
  if (auto* failure = std::get_if<EnvironmentError>(&expanded)) {
    error_at(failure->offset, failure->problem);
    return std::nullopt;
  }
  return std::get<std::string>(std::move(expanded));
}

std::optional<std::string> Cursor::name() const {
  auto value = raw();
  if (!value) return value;
  constexpr std::size_t kMost = 128;
  const bool control = std::any_of(value->begin(), value->end(),
                                   [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  if (value->empty()) {
    error("a name must not be empty");
  } else if (value->size() > kMost) {
    error(fmt::format("a name has at most {} bytes, and this one has {}", kMost, value->size()));
  } else if (reading_->environment && value->find("${env:") != std::string::npos) {
    error("names are not taken from the environment");
  } else if (control) {
    error("a name is one line without control characters");
  } else if (value->front() == ' ' || value->back() == ' ') {
    error("a name neither begins nor ends with a space");
  } else {
    return value;
  }
  return std::nullopt;
}

std::optional<std::string> Cursor::identifier() const {
  auto value = name();
  if (!value || is_identifier(*value)) return value;
  error(fmt::format("{} is not a name for formulas", in_quotes(node_->text)),
        "letters, digits and _, not beginning with a digit");
  return std::nullopt;
}

std::optional<double> Cursor::number() const {
  const auto value = text();
  if (!value) return std::nullopt;
  const auto number = parse_number(*value);
  if (!number) {
    const bool comma = value->find(',') != std::string::npos;
    error(fmt::format("{} is not a number", in_quotes(node_->text)),
          comma ? "write 1234.5, with a point and no separators" : "write 45 or 0.5");
  }
  return number;
}

std::optional<std::int64_t> Cursor::integer(Range<std::int64_t> range) const {
  const auto value = text();
  if (!value) return std::nullopt;
  const auto number = parse_integer(*value);
  if (!number) {
    error(fmt::format("{} is not a whole number", in_quotes(node_->text)));
    return std::nullopt;
  }
  if (*number < range.least || *number > range.most) {
    error(fmt::format("must be {} to {}, and is {}", range.least, range.most, *number));
    return std::nullopt;
  }
  return number;
}

std::optional<bool> Cursor::boolean() const {
  const auto value = text();
  if (!value) return std::nullopt;
  const auto truth = parse_boolean(*value);
  if (!truth) {
    const bool yes = *value == "yes" || *value == "on" || *value == "True" || *value == "TRUE";
    const bool no = *value == "no" || *value == "off" || *value == "False" || *value == "FALSE";
    error(fmt::format("{} is neither true nor false", in_quotes(node_->text)), yes  ? "write true"
                                                                               : no ? "write false"
                                                                                    : "");
  }
  return truth;
}

std::optional<rules::Duration> Cursor::duration(Range<rules::Duration> range) const {
  const auto value = text();
  if (!value) return std::nullopt;
  const auto duration = parse_duration(*value);
  if (!duration) {
    error(fmt::format("{} is not a duration; write 30s, 5m or 1h", in_quotes(node_->text)));
    return std::nullopt;
  }
  if (*duration < range.least || *duration > range.most) {
    error(fmt::format("must be {} to {}, and is {}", format_duration(range.least),
                      format_duration(range.most), format_duration(*duration)));
    return std::nullopt;
  }
  return duration;
}

std::optional<std::uint64_t> Cursor::size(Range<std::uint64_t> range) const {
  const auto value = text();
  if (!value) return std::nullopt;
  const auto bytes = parse_size(*value);
  if (!bytes) {
    error(fmt::format("{} is not a size; write 64KiB, 16MiB or 1GiB", in_quotes(node_->text)));
    return std::nullopt;
  }
  if (*bytes < range.least || *bytes > range.most) {
    error(fmt::format("must be {} to {}, and is {}", format_size(range.least), format_size(range.most),
                      format_size(*bytes)));
    return std::nullopt;
  }
  return bytes;
}

std::optional<double> Cursor::share(Range<double> range) const {
  const auto value = text();
  if (!value) return std::nullopt;
  auto share = parse_percent(*value);
  if (!share) share = parse_number(*value);
  if (!share) {
    error(fmt::format("{} is not a share; write 20% or 0.2", in_quotes(node_->text)));
    return std::nullopt;
  }
  if (*share < range.least || *share > range.most) {
    const bool hundredfold = *share > 1 && *share <= 100 && !value->ends_with('%');
    error(fmt::format("must be {} to {}, and is {}", format_number(range.least), format_number(range.most),
                      format_number(*share)),
          hundredfold ? fmt::format("did you mean {}%?", *value) : "");
    return std::nullopt;
  }
  return share;
}

std::optional<std::size_t> Cursor::choice(std::span<const std::string_view> choices) const {
  const auto value = raw();
  if (!value) return std::nullopt;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    if (choices[i] == *value) return i;
  }
  const std::vector<std::string> names(choices.begin(), choices.end());
  error(fmt::format("{} is not one of {}", in_quotes(node_->text), fmt::join(names, ", ")),
        did_you_mean(rules::nearest_name(*value, names)));
  return std::nullopt;
}

std::optional<std::string> Cursor::url() const {
  auto value = text();
  if (!value) return value;
  const std::string problem = check_url(*value);
  if (problem.empty()) return value;
  error("the address " + problem);
  return std::nullopt;
}

std::optional<Secret> Cursor::secret() const {
  if (node_->kind == NodeKind::sequence || node_->kind == NodeKind::mapping) {
    expect(NodeKind::scalar);
    return std::nullopt;
  }
  auto value = text();
  if (!value) return std::nullopt;
  if (value->empty()) {
    error("is empty");
    return std::nullopt;
  }
  // Secrets go into headers and URLs, where a line break would begin another header.
  if (value->find_first_of("\n\r") != std::string::npos) {
    error("must be one line");
    return std::nullopt;
  }
  return Secret(std::move(*value));
}

std::optional<Secret> Cursor::secret_file() const {
  const auto file = text();
  if (!file) return std::nullopt;
  const auto path = (std::filesystem::path(directory()) / *file).lexically_normal().string();
  auto content = read_secret_file(path);
  if (auto* failure = std::get_if<std::string>(&content)) {
    // As it is written: whoever wrote token_file for token has given the secret itself here.
    if (const auto shown = failure->find(in_quotes(path)); *file != node_->text && shown != std::string::npos)
      failure->replace(shown, in_quotes(path).size(), in_quotes(node_->text));
    error(std::move(*failure));
    return std::nullopt;
  }
  auto& found = std::get<SecretFile>(content);
  if (found.world_readable)
    warning(fmt::format("everybody on this machine can read {}", in_quotes(path)), "chmod o-r " + path);
  return std::move(found.secret);
}

}  // namespace tightrope::config

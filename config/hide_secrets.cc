// Lines of the configuration are shown in errors. Here their secrets are hidden first.
#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>

#include "config/yaml_tree.h"

namespace tightrope::config {
namespace {

constexpr std::string_view kFileSuffix = "_file";

enum class Within : std::uint8_t { anything, secrets, webhook };

void visit(const Node& node, Within within, Problems& problems) {
  for (const auto& item : node.items) visit(item, within, problems);
  for (const auto& entry : node.entries) {
    // `secrets:` holds a mapping; whatever else stands there by mistake may well be one.
    const bool misplaced = entry.key == "secrets" && entry.value.kind != NodeKind::mapping;
    const bool secret = misplaced || is_secret_name(entry.key) ||
                        (within == Within::secrets && !entry.key.ends_with(kFileSuffix)) ||
                        (within == Within::webhook && entry.key == "url");
    if (secret) hide_value(entry, problems);
    visit(entry.value,
          entry.key == "secrets"   ? Within::secrets
          : entry.key == "webhook" ? Within::webhook
                                   : within,
          problems);
  }
}

}  // namespace

bool is_secret_name(std::string_view key) {
  std::string lower(key);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); });
  if (lower.ends_with(kFileSuffix) || lower == "secrets" || lower == "token_url") return false;
  constexpr std::array<std::string_view, 8> kParts{"token",   "passw",         "secret",     "api_key",
                                                   "api-key", "authorization", "credential", "webhook_url"};
  return std::any_of(kParts.begin(), kParts.end(),
                     [&lower](std::string_view part) { return lower.find(part) != std::string::npos; });
}

void hide_value(const Entry& entry, Problems& problems) {
  const Node& value = entry.value;
  if (value.kind == NodeKind::null) return;
  const auto line = problems.line(value.where.file, value.where.line);
  const auto column = static_cast<std::size_t>(std::max(value.where.column, 0));
  if (value.kind == NodeKind::scalar && column < line.size()) {
    const std::size_t quotes = value.quoted ? 1 : 0;
    // `"${env:NAME}"` shows no value.
    if (value.text.starts_with("${env:") && value.text.ends_with("}") &&
        value.text.find('}') + 1 == value.text.size())
      return;
    if (line.substr(column + quotes, value.text.size()) == value.text) {
      problems.hide(value.where, value.text.size() + 2 * quotes);
      return;
    }
  }
  // Of several lines, or with escapes: everything that is indented deeper than the key.
  problems.hide(value.where, Problems::kToEnd);
  const auto indent = static_cast<std::size_t>(std::max(entry.where.column, 0));
  for (int below = value.where.line + 1; below <= problems.line_count(value.where.file); ++below) {
    const auto text = problems.line(value.where.file, below);
    const auto first = text.find_first_not_of(' ');
    if (first == std::string_view::npos) continue;
    if (first <= indent) break;
    problems.hide({value.where.file, below, static_cast<int>(first)}, Problems::kToEnd);
  }
}

void hide_secrets(const Node& root, Problems& problems) {
  visit(root, Within::anything, problems);
}

void hide_secrets_by_line(std::size_t file, Problems& problems) {
  const auto is_word = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-';
  };
  std::size_t deeper_than =
      Problems::kToEnd;  // below a secret key, or in `secrets:`, while lines are indented deeper
  for (int number = 1; number <= problems.line_count(file); ++number) {
    const auto line = problems.line(file, number);
    const auto indent = line.find_first_not_of(" \t");
    if (indent == std::string_view::npos) continue;
    if (deeper_than != Problems::kToEnd && indent > deeper_than) {
      problems.hide({file, number, static_cast<int>(indent)}, Problems::kToEnd);
      continue;
    }
    deeper_than = Problems::kToEnd;
    for (std::size_t colon = line.find(':'); colon != std::string_view::npos;
         colon = line.find(':', colon + 1)) {
      std::size_t end = line.find_last_not_of(" \t\"'", colon == 0 ? 0 : colon - 1);
      end = colon == 0 || end == std::string_view::npos ? 0 : end + 1;
      std::size_t begin = end;
      while (begin > 0 && is_word(line[begin - 1])) --begin;
      const auto key = line.substr(begin, end - begin);
      if (!is_secret_name(key) && key != "url" && key != "secrets") continue;
      problems.hide({file, number, static_cast<int>(colon) + 1}, Problems::kToEnd);
      deeper_than = indent;
      break;
    }
  }
}

std::size_t find_illegal_byte(std::string_view text) noexcept {
  std::size_t i = 0;
  while (i < text.size()) {
    const auto byte = [&](std::size_t at) -> std::uint32_t {
      return at < text.size() ? static_cast<unsigned char>(text[at]) : 0u;
    };
    const std::uint32_t first = byte(i);
    std::size_t length = 1;
    std::uint32_t code = first;
    if (first == 0) return i;
    if (first >= 0x80) {
      length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
      if (first < 0xC2 || first > 0xF4) return i;
      code = first & (0x7Fu >> length);
      for (std::size_t k = 1; k < length; ++k) {
        if ((byte(i + k) & 0xC0u) != 0x80u) return i;
        code = code << 6 | (byte(i + k) & 0x3Fu);
      }
      // Longer than needed, a surrogate, or beyond Unicode.
      if ((length == 3 && code < 0x800) || (length == 4 && (code < 0x10000 || code > 0x10FFFF)) ||
          (code >= 0xD800 && code <= 0xDFFF)) {
        return i;
      }
    }
    i += length;
  }
  return std::string_view::npos;
}

}  // namespace tightrope::config

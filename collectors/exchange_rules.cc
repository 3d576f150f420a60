#include "collectors/exchange_rules.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>

namespace tightrope::collectors {
namespace {

bool is_token(std::string_view name) noexcept {
  static constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kMarks.find(c) != std::string_view::npos;
  });
}

bool is_header_value(std::string_view value) noexcept {
  return std::all_of(value.begin(), value.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte >= 0x20 && byte != 0x7f) || c == '\t';
  });
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string_view trimmed(std::string_view text) noexcept {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

std::optional<std::string> check_header(std::string_view name, std::string_view value) {
  if (!is_token(name)) return "a header's name is empty or holds characters that none may hold";
  if (!is_header_value(value))
    return fmt::format("the header \"{}\" holds a line break or another control character", name);
  return std::nullopt;
}

// Libcurl's own notation: "Name;" sends an empty header, where "Name:" would leave it out.
std::string header_line_of(const std::string& name, const std::string& value) {
  return value.empty() ? name + ';' : name + ": " + value;
}

}  // namespace

std::optional<std::string> check_request(const TransferRequest& request) {
  if (!is_token(request.method) || request.method == "CONNECT") return "not a method that can be sent";
  for (const auto& [name, value] : request.headers) {
    if (auto problem = check_header(name, value)) return problem;
  }
  for (const auto& [name, secret] : request.secret_headers) {
    if (auto problem = check_header(name, secret.reveal())) return problem;
  }
  return std::nullopt;
}

std::vector<std::string> header_lines(const TransferRequest& request) {
  std::vector<std::string> lines;
  bool has_content_type = false;
  for (const auto& [name, value] : request.headers) {
    has_content_type = has_content_type || lower(name) == "content-type";
    lines.push_back(header_line_of(name, value));
  }
  for (const auto& [name, secret] : request.secret_headers)
    lines.push_back(header_line_of(name, secret.reveal()));
  if (!has_content_type) lines.emplace_back("Content-Type:");  // else libcurl calls every body a form
  lines.emplace_back("Expect:");                               // else it waits a second for a "100 Continue"
  return lines;
}

std::string timeout_text(rules::Duration timeout) {
  return fmt::format("no complete answer within {} s", std::chrono::duration<double>(timeout).count());
}

bool ResponseCollector::header_line(std::string_view line) {
  header_bytes_ += line.size();
  if (header_bytes_ > kMostHeaderBytes) {
    too_large_ = true;
    return false;
  }
  if (line.starts_with("HTTP/")) {
    response_.headers.clear();
    const std::size_t space = line.find(' ');
    const std::string_view status =
        space == std::string_view::npos ? std::string_view() : line.substr(space + 1, 3);
    std::from_chars(status.data(), status.data() + status.size(), response_.status);
    return true;
  }
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return true;
  response_.headers.emplace_back(lower(trimmed(line.substr(0, colon))),
                                 std::string(trimmed(line.substr(colon + 1))));
  return true;
}

bool ResponseCollector::body(std::string_view piece) {
  if (piece.size() > most_ - response_.body.size()) {
    too_large_ = true;
    return false;
  }
  response_.body.append(piece);
  return true;
}

std::string ResponseCollector::too_large_text() const {
  if (header_bytes_ > kMostHeaderBytes)
    return fmt::format("the answer's head is larger than {} bytes", kMostHeaderBytes);
  return fmt::format("the answer is larger than {} bytes", most_);
}

TransferResponse ResponseCollector::take(std::string url) && {
  response_.url = std::move(url);
  return std::move(response_);
}

const std::string* TransferResponse::header(std::string_view lower_case_name) const noexcept {
  for (const auto& [name, value] : headers) {
    if (name == lower_case_name) return &value;
  }
  return nullptr;
}

}  // namespace tightrope::collectors

#include "collectors/token_answer.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <initializer_list>
#include <memory>
#include <stdexcept>

#include "collectors/http_answer.h"
#include "collectors/json_tree.h"
#include "collectors/utf8.h"
#include "collectors/web_address.h"

namespace tightrope::collectors {
namespace {

using rules::Duration;

constexpr std::uint64_t kMostBytes = 64 << 10;
constexpr Duration kTimeout = std::chrono::seconds(30);
constexpr Duration kLifeUnsaid = std::chrono::hours(1);
constexpr std::int64_t kMostLifeSeconds = 366LL * 24 * 60 * 60;
constexpr std::size_t kMostCodeShown = 64;
constexpr std::size_t kLeastSecret = 4;

// Each part with its length before it, so that no two lists give the same bytes.
std::string sha256(std::initializer_list<std::string_view> parts) {
  std::string bytes;
  for (const std::string_view part : parts) bytes += fmt::format("{}:{}", part.size(), part);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1)
    throw std::runtime_error("SHA-256 is not available");
  std::string hex;
  for (unsigned int i = 0; i < size; ++i) hex += fmt::format("{:02x}", digest[i]);
  return hex;
}

std::string basic_credentials(const TokenRequest& wanted) {
  return base64(percent_encode(wanted.client_id) + ':' + percent_encode(wanted.client_secret.reveal()));
}

std::string text_at(JsonValue root, const char* pointer) {
  const JsonValue value = root.at(pointer);
  const bool shown = value && (value.kind() == JsonKind::text || value.kind() == JsonKind::number);
  return shown ? std::string(value.text()) : std::string();
}

// RFC 6749 has it at /error; some say it their own way.
std::string error_code(JsonValue root) {
  for (const char* pointer : {"/error", "/error/type", "/error/status", "/error/code", "/error_code",
                              "/errorCode", "/code", "/status"}) {
    std::string code = text_at(root, pointer);
    if (!code.empty()) return code;
  }
  return {};
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return text;
}

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

bool is_of_refresh_token(const std::string& code) {
  const std::string said = lower(code);
  return has(said, "invalid_grant") || has(said, "refresh_token") || has(said, "invalid_token");
}

bool is_temporary(const std::string& code) {
  const std::string said = lower(code);
  return said == "temporarily_unavailable" || said == "server_error" || said == "slow_down";
}

const char* remedy(const std::string& code) {
  const std::string said = lower(code);
  if (is_of_refresh_token(code))
    return "the refresh token has expired, was revoked or is another client's: give consent again and put "
           "the "
           "new refresh token in its place";
  if (has(said, "invalid_client") || has(said, "unauthorized_client"))
    return "check client_id and client_secret, and that this client may ask for tokens this way";
  if (has(said, "scope")) return "check scope";
  return "check token_url, client_id, client_secret and refresh_token";
}

bool holds_any(std::string_view text, const std::vector<std::string>& secrets) {
  return std::ranges::any_of(secrets, [text](const std::string& secret) { return has(text, secret); });
}

Duration life_of(JsonValue root) {
  const std::string text = text_at(root, "/expires_in");
  double seconds = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), seconds);
  const bool whole = read.ec == std::errc() && read.ptr == text.data() + text.size();
  if (!whole || !(seconds > 0)) return kLifeUnsaid;
  const double most = static_cast<double>(kMostLifeSeconds);
  return Duration(static_cast<Duration::rep>(std::min(seconds, most) * 1000));
}

// Fit for a header (RFC 6750: letters, digits and some marks).
bool can_be_sent(std::string_view token) {
  return std::ranges::all_of(token, [](char c) { return c > 0x20 && c < 0x7f; });
}

TokenRefusal refusal(FailureKind kind, std::string text) {
  return {.error = {kind, std::move(text), std::nullopt}};
}

TokenRefusal refused(const TransferResponse& response, const std::vector<std::string>& secrets,
                     JsonValue root, rules::Timestamp now) {
  auto error = answer_error(response, secrets, now);
  CollectError said =
      error ? std::move(*error)
            : CollectError{FailureKind::unauthorized,
                           fmt::format("HTTP {} without an access token", response.status), std::nullopt};
  said.text = "no access token: " + said.text;
  if (said.kind == FailureKind::throttled || said.kind == FailureKind::temporary) return {.error = said};
  std::string code = root ? printable(error_code(root), kMostCodeShown) : std::string();
  if (holds_any(code, secrets)) code.clear();
  if (code.empty()) {
    if (is_html(response)) {
      said.kind = FailureKind::bad_data;
      said.text += ": an HTML page; check token_url";
    } else {
      said.text += "; check token_url, client_id and client_secret";
    }
    return {.error = said};
  }
  if (!has(said.text, code)) said.text += fmt::format(" ({})", code);
  if (is_temporary(code)) {
    said.kind = FailureKind::temporary;
    return {.error = said};
  }
  said.kind = FailureKind::unauthorized;
  said.text += fmt::format("; {}", remedy(code));
  return {.error = said, .of_refresh_token = is_of_refresh_token(code)};
}

}  // namespace

TransferRequest token_request(const TokenRequest& wanted,
                              const std::optional<config::Secret>& refresh_token) {
  TransferRequest request;
  request.method = "POST";
  request.url = wanted.token_url;
  request.headers = {{"Accept", "application/json"}, {"Content-Type", "application/x-www-form-urlencoded"}};
  const auto add = [&request](std::string_view name, std::string_view value) {
    if (value.empty()) return;
    if (!request.body.empty()) request.body += '&';
    request.body += fmt::format("{}={}", name, percent_encode(value));
  };
  add("grant_type", refresh_token ? "refresh_token" : "client_credentials");
  if (refresh_token) add("refresh_token", refresh_token->reveal());
  if (wanted.client_in_header) {
    request.secret_headers = {{"Authorization", config::Secret("Basic " + basic_credentials(wanted))}};
  } else {
    add("client_id", wanted.client_id);
    add("client_secret", wanted.client_secret.reveal());
  }
  add("scope", wanted.scope);
  request.timeout = kTimeout;
  request.most_bytes = kMostBytes;
  request.secret_body = true;
  request.most_redirects = 0;
  request.allow_private_addresses = wanted.allow_private_addresses;
  return request;
}

std::vector<std::string> token_secrets(const TokenRequest& wanted,
                                       const std::vector<config::Secret>& refresh_tokens) {
  std::vector<std::string> secrets;
  const auto add = [&secrets](const std::string& secret) {
    if (secret.size() < kLeastSecret) return;
    secrets.push_back(secret);
    const std::string sent = percent_encode(secret);
    if (sent != secret) secrets.push_back(sent);
  };
  add(wanted.client_secret.reveal());
  if (!wanted.client_secret.empty()) add(basic_credentials(wanted));
  for (const config::Secret& token : refresh_tokens) add(token.reveal());
  return secrets;
}

std::variant<TokenAnswer, TokenRefusal> read_token_answer(const TransferResponse& response,
                                                          const std::vector<std::string>& secrets,
                                                          rules::Timestamp now) {
  const auto parsed = JsonTree::parse(response.body);
  const auto* tree = std::get_if<std::unique_ptr<JsonTree>>(&parsed);
  const JsonValue root = tree != nullptr ? (*tree)->root() : JsonValue();
  const bool good = response.status >= 200 && response.status < 300;
  std::vector<std::string> hidden = secrets;
  std::string access_token, refresh_token;
  if (root) {
    const JsonValue access = root.member("access_token"), refresh = root.member("refresh_token");
    if (access && access.kind() == JsonKind::text) access_token = access.text();
    if (refresh && refresh.kind() == JsonKind::text) refresh_token = refresh.text();
    for (const std::string& token : {access_token, refresh_token}) {
      if (token.size() >= kLeastSecret) hidden.push_back(token);
    }
  }
  if (!good || (root && access_token.empty() && !text_at(root, "/error").empty()))
    return refused(response, hidden, root, now);
  if (!root) {
    return refusal(FailureKind::bad_data,
                   is_html(response) ? "no access token: an HTML page came instead of JSON; check token_url"
                                     : "no access token: the answer is not JSON; check token_url");
  }
  if (access_token.empty())
    return refusal(FailureKind::bad_data, "no access token: the answer has no access_token; check token_url");
  if (!can_be_sent(access_token) || !can_be_sent(refresh_token))
    return refusal(FailureKind::bad_data,
                   "no access token: the one that came holds characters that none may hold");
  TokenAnswer answer{config::Secret(std::move(access_token)), life_of(root), std::nullopt};
  if (!refresh_token.empty()) answer.refresh_token = config::Secret(std::move(refresh_token));
  return answer;
}

TokenRefusal token_transfer_failure(const TransferError& error) {
  TokenRefusal failed{.error = transfer_failure(error)};
  failed.error.text = "no access token: " + failed.error.text;
  if (error.kind == TransferFailure::too_many_redirects)
    failed.error.text += "; redirects are not followed with secrets, so give the token_url they lead to";
  return failed;
}

Duration renewed_before_expiry(Duration life) {
  return std::min(std::max<Duration>(life / 10, std::chrono::minutes(1)), life / 2);
}

std::string token_store_key(const TokenRequest& wanted) {
  return sha256(
      {wanted.token_url, wanted.client_id,
       wanted.refresh_token ? std::string_view(wanted.refresh_token->reveal()) : std::string_view()});
}

std::string access_token_key(const TokenRequest& wanted) {
  return sha256({token_store_key(wanted), wanted.client_secret.reveal(), wanted.scope,
                 wanted.client_in_header ? "header" : "form", wanted.refresh_token ? "refresh" : "client",
                 wanted.allow_private_addresses ? "private" : "public"});
}

}  // namespace tightrope::collectors

#include "daemon/http/guard.h"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

namespace tightrope::daemon::http {
namespace {

// Nothing when the request carries the token.
std::optional<Response> refuse_token(const Request& request, const config::Secret& token) {
  if (token.empty()) return std::nullopt;
  const std::string* header = request.header("authorization");
  constexpr std::string_view kScheme = "bearer ";
  if (header && header->size() > kScheme.size() &&
      equal_ignoring_case(std::string_view(*header).substr(0, kScheme.size()), kScheme)) {
    const std::string_view given = trimmed(std::string_view(*header).substr(kScheme.size()));
    if (equal_in_constant_time(given, token.reveal())) return std::nullopt;
  }
  Response response = error_response(401, ErrorType::unauthorized, "a bearer token is needed");
  response.headers.emplace_back("WWW-Authenticate", "Bearer");
  return response;
}

// Whether a name cannot have been pointed here by somebody else.
bool is_own_name(const std::string& host) {
  const std::string url = "http://" + host;  // what is parsed is borrowed
  const auto parsed = boost::urls::parse_uri(url);
  if (!parsed) return false;
  if (parsed->host_type() == boost::urls::host_type::ipv4 ||
      parsed->host_type() == boost::urls::host_type::ipv6) {
    return true;
  }
  return parsed->host() == "localhost";
}

std::optional<Response> refuse_origin(const Request& request, const std::string& external_host) {
  const std::string* origin = request.header("origin");
  if (!origin) return std::nullopt;
  const std::string* host_header = request.header("host");
  const std::string from = host_of(*origin);
  const std::string asked = host_header ? host_of("http://" + *host_header) : std::string();
  if (!from.empty() && from == external_host) return std::nullopt;
  if (!from.empty() && from == asked && is_own_name(asked)) return std::nullopt;
  return error_response(
      403, ErrorType::unauthorized,
      "a page of another origin may not do this; if this is your own address, give it as --web.external-url");
}

bool is_json(const Request& request) {
  const std::string* type = request.header("content-type");
  if (!type) return false;
  const std::string_view essence = trimmed(std::string_view(*type).substr(0, type->find(';')));
  return equal_ignoring_case(essence, "application/json");
}

}  // namespace

bool equal_in_constant_time(std::string_view a, std::string_view b) noexcept {
  unsigned difference = a.size() == b.size() ? 0 : 1;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const char other = b.empty() ? '\0' : b[i % b.size()];
    difference |= static_cast<unsigned>(static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(other));
  }
  return difference == 0;
}

std::optional<Response> refuse(const Request& request, const Route& route, const GuardSettings& settings) {
  if (route.access == Access::authorized) {
    if (auto refused = refuse_token(request, settings.bearer_token)) return refused;
  }
  if (route.method != "GET") {
    if (auto refused = refuse_origin(request, settings.external_host)) return refused;
  }
  if (route.body == Body::json && !is_json(request)) {
    return error_response(415, ErrorType::bad_data, "the body has to be application/json");
  }
  return std::nullopt;
}

std::string host_of(std::string_view url) {
  const auto parsed = boost::urls::parse_uri({url.data(), url.size()});
  if (!parsed || !parsed->has_authority()) return "";
  const bool https = parsed->scheme_id() == boost::urls::scheme::https;
  if (!https && parsed->scheme_id() != boost::urls::scheme::http) return "";
  std::string host =
      lower_case(std::string_view(parsed->encoded_host().data(), parsed->encoded_host().size()));
  const std::string_view port(parsed->port().data(), parsed->port().size());
  if (!port.empty() && port != (https ? "443" : "80")) host.append(":").append(port);
  return host;
}

}  // namespace tightrope::daemon::http

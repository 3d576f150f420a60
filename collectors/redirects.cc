#include "collectors/redirects.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace tightrope::collectors {
namespace {

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> lower_case_names) {
  return std::any_of(lower_case_names.begin(), lower_case_names.end(), [name](std::string_view other) {
    return std::equal(name.begin(), name.end(), other.begin(), other.end(),
                      [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; });
  });
}

template <class... Names>
void drop_headers(TransferRequest& request, Names... lower_case_names) {
  std::erase_if(request.headers,
                [&](const auto& header) { return is_one_of(header.first, {lower_case_names...}); });
}

}  // namespace

std::variant<NotARedirect, Redirected, TransferError> next_request(const WebAddress& from,
                                                                   const TransferRequest& request,
                                                                   const TransferResponse& response) {
  constexpr std::array kRedirects{301, 302, 303, 307, 308};
  if (std::find(kRedirects.begin(), kRedirects.end(), response.status) == kRedirects.end())
    return NotARedirect{};
  const std::string* location = response.header("location");
  if (location == nullptr) return NotARedirect{};
  auto to = resolve_reference(from, *location);
  if (!to)
    return TransferError{TransferFailure::bad_url,
                         from.place() + " redirects to what is no http or https URL"};
  Redirected next{*std::move(to), request};
  next.request.url = next.to.url;
  if (response.status < 307 && request.method != "HEAD") {
    next.request.method = "GET";
    next.request.body.clear();
    drop_headers(next.request, "content-type", "content-encoding");
  }
  if (!next.to.same_origin(from)) {
    if (request.secret_body && !next.request.body.empty()) {
      return TransferError{TransferFailure::bad_url,
                           from.place() + " redirects to " + next.to.place() +
                               ", and a request with credentials is not repeated there"};
    }
    next.request.secret_headers.clear();
    drop_headers(next.request, "authorization", "proxy-authorization", "cookie");
  }
  return next;
}

}  // namespace tightrope::collectors

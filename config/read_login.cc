// What sources that talk to one kind of server have in common: its address, and who asks.
#include <fmt/format.h>

#include "config/readers.h"
#include "config/scalars.h"

namespace tightrope::config {

std::optional<std::string> read_base_url(MappingReader& in) {
  const auto at = in.get("base_url", Shape::url);
  auto url = at ? at->url() : std::nullopt;
  if (!url) return url;
  if (url->find_first_of("?#") != std::string::npos)
    at->error("the address has a query", "base_url is what comes before the server's own paths");
  while (url->ends_with('/')) url->pop_back();
  return url;
}

Login read_login(MappingReader& in, const std::optional<Secret>& token,
                 const std::optional<Secret>& password) {
  const auto at_user = in.get("user", Shape::text);
  const auto user = at_user ? at_user->text() : std::nullopt;
  if (token && password) in.at().error("a token and a password are both given under secrets; keep one");
  if (at_user && user && user->empty()) at_user->error("is empty");
  if (user && !password) at_user->error("nothing uses user without secrets.password");
  if (password && !at_user) in.at().error("secrets.password needs \"user\"");
  if (password) return {user.value_or(""), *password};
  return {"", token.value_or(Secret())};
}

}  // namespace tightrope::config

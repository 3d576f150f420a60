#include "config/configuration.h"

#include <algorithm>

namespace tightrope::config {

const Client* Configuration::find_client(std::string_view name) const noexcept {
  const auto found = std::find_if(clients.begin(), clients.end(),
                                  [name](const Client& c) { return c.strategy.client == name; });
  return found == clients.end() ? nullptr : &*found;
}

const Source* Configuration::find_source(std::string_view name) const noexcept {
  const auto found =
      std::find_if(sources.begin(), sources.end(), [name](const Source& s) { return s.name == name; });
  return found == sources.end() ? nullptr : &*found;
}

}  // namespace tightrope::config

// Who a request says it comes from.
#pragma once

#include <string>

#include "config/secret.h"

namespace tightrope::config {

// A bearer token; or with a user, that user's password (basic authentication); or nothing.
struct Login {
  std::string user;
  Secret secret;
  friend bool operator==(const Login&, const Login&) = default;
};

}  // namespace tightrope::config

// Tells a server who asks.
#pragma once

#include <string>
#include <vector>

#include "collectors/transfer.h"
#include "config/login.h"

namespace tightrope::collectors {

// Adds the header that the login asks for, if any.
void authorize(const config::Login& login, TransferRequest& request);
// What no error may quote: the secret, and the form it is sent in.
std::vector<std::string> secrets_of(const config::Login& login);

}  // namespace tightrope::collectors

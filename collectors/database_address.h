// Where a database's server is: its name resolved, and its addresses checked.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <string>
#include <variant>
#include <vector>

#include "collectors/collector.h"

namespace tightrope::collectors {

struct AddressRights {
  bool private_ones = false;  // loopback, private networks and the like
  bool public_ones = true;    // not for what is not encrypted
};

// The addresses ("192.0.2.1") of a name, or of an address in text, that may be connected to, in the
// resolver's order and never none. Connect to these and resolve no more: a name may have another address the
// next time.
asio::awaitable<std::variant<std::vector<std::string>, CollectError>> find_addresses(
    std::string host, AddressRights rights, std::chrono::steady_clock::time_point until);

}  // namespace tightrope::collectors

// Where a database's server is: its name resolved, and its addresses checked.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "collectors/collector.h"
#include "collectors/sql_query.h"

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

// Connects to one address; "" for a socket that the source names.
using ConnectAt = std::function<asio::awaitable<std::optional<CollectError>>(std::string address)>;
// Tries the addresses of the source's server, one after the other, until one answers, be it with a refusal.
// Borrows all three.
asio::awaitable<std::optional<CollectError>> connect_somewhere(const config::SqlSource& source,
                                                               const SqlQuery& query,
                                                               const ConnectAt& connect_at);

}  // namespace tightrope::collectors

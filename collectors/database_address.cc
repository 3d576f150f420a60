#include "collectors/database_address.h"

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <optional>

#include "collectors/address_rules.h"

namespace tightrope::collectors {
namespace {

using asio::ip::tcp;

// A lookup cannot be stopped once it has begun. It keeps this alive, and nobody waits for it.
struct Lookup {
  Lookup(const asio::any_io_executor& executor, std::chrono::steady_clock::time_point until)
      : resolver(executor), end(executor, until) {}
  tcp::resolver resolver;
  asio::steady_timer end;  // cancelled when the answer is there
  std::optional<boost::system::error_code> answered;
  std::vector<std::string> addresses;
};

asio::awaitable<std::shared_ptr<Lookup>> look_up(std::string host,
                                                 std::chrono::steady_clock::time_point until) {
  const auto executor = co_await asio::this_coro::executor;
  const auto lookup = std::make_shared<Lookup>(executor, until);
  lookup->resolver.async_resolve(
      host, "", [lookup](const boost::system::error_code& error, const tcp::resolver::results_type& found) {
        lookup->answered = error;
        for (const auto& entry : found) {
          std::string address = entry.endpoint().address().to_string();
          if (std::find(lookup->addresses.begin(), lookup->addresses.end(), address) ==
              lookup->addresses.end())
            lookup->addresses.push_back(std::move(address));
        }
        lookup->end.cancel();
      });
  boost::system::error_code woken;
  co_await lookup->end.async_wait(asio::redirect_error(asio::use_awaitable, woken));
  if (woken && !lookup->answered) throw boost::system::system_error(woken);
  co_return lookup;
}

}  // namespace

asio::awaitable<std::variant<std::vector<std::string>, CollectError>> find_addresses(
    std::string host, AddressRights rights, std::chrono::steady_clock::time_point until) {
  std::vector<std::string> found;
  boost::system::error_code not_an_address;
  const auto address = asio::ip::make_address(host, not_an_address);
  if (!not_an_address) {
    found.push_back(address.to_string());
  } else {
    const auto lookup = co_await look_up(host, until);
    if (!lookup->answered)
      co_return CollectError{FailureKind::temporary, "its name was not resolved in time", std::nullopt};
    if (lookup->addresses.empty())
      co_return CollectError{FailureKind::temporary, "its name cannot be resolved", std::nullopt};
    found = lookup->addresses;
  }
  std::vector<std::string> allowed;
  for (const std::string& each : found) {
    if (is_public_address(each) ? rights.public_ones : rights.private_ones) allowed.push_back(each);
  }
  if (!allowed.empty()) co_return allowed;
  const char* why = rights.private_ones ? "its address is public, and nothing goes there without TLS"
                                        : "its address is not public, and allow_private_addresses is not set";
  co_return CollectError{FailureKind::rejected, why, std::nullopt};
}

asio::awaitable<std::optional<CollectError>> connect_somewhere(const config::SqlSource& source,
                                                               const SqlQuery& query,
                                                               const ConnectAt& connect_at) {
  std::vector<std::string> addresses{""};
  if (!source.host.starts_with('/')) {
    const AddressRights rights{query.allow_private_addresses, source.tls != config::DatabaseTls::disable};
    auto found = co_await find_addresses(source.host, rights, query.until);
    if (auto* error = std::get_if<CollectError>(&found)) co_return std::move(*error);
    addresses = std::get<std::vector<std::string>>(std::move(found));
  }
  std::optional<CollectError> failed;
  for (const std::string& address : addresses) {
    auto connecting = connect_at(address);
    failed = co_await std::move(connecting);
    // A server that answered is the right one.
    if (!failed || failed->kind != FailureKind::temporary) break;
  }
  co_return failed;
}

}  // namespace tightrope::collectors

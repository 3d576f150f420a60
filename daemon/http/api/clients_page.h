// Lists with one item for each client.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "daemon/http/api/api.h"
#include "daemon/http/api/paging.h"
#include "rules/engine.h"
#include "rules/name_book.h"

namespace tightrope::daemon::http {

struct AskedClients {
  std::vector<std::string> names;  // in their order
  std::size_t at = 0;              // where the cursor's client stands; 0 without a cursor
};
// The clients that the parameter `client` asks for (all without it). Or what refuses the request: what
// `parameters` found wrong, that client, or a cursor whose client is gone.
std::variant<AskedClients, Response> asked_clients(const Api& api, Parameters& parameters,
                                                   const std::optional<CursorKey>& after);

// Gives the engine of each of them to `fill`, from `at` on, until `done`. False when `fill` says that what
// the cursor points at is gone. Borrows all of it.
using FillFrom = std::function<bool(const std::string& client, const rules::Engine& engine)>;
asio::awaitable<bool> fill_from(Api& api, const AskedClients& asked, const std::function<bool()>& done,
                                const FillFrom& fill);

// One page of the clients that the parameter `client` asks for (all without it), each as `show` has it from
// its engine. Refuses what `parameters` found wrong. `parameters` outlives the wait.
asio::awaitable<Response> clients_page(Api& api, Parameters& parameters, Page page,
                                       std::function<json::object(const rules::Engine&)> show);
using ShowNames = std::function<json::object(const rules::Engine&, const rules::NameBook&)>;
asio::awaitable<Response> clients_page(Api& api, Parameters& parameters, Page page, ShowNames show);

}  // namespace tightrope::daemon::http

// Lists with one item for each client.
#pragma once

#include <functional>

#include "daemon/http/api/api.h"
#include "daemon/http/api/paging.h"
#include "rules/engine.h"
#include "rules/name_book.h"

namespace tightrope::daemon::http {

// One page of the clients that the parameter `client` asks for (all without it), each as `show` has it from
// its engine. Refuses what `parameters` found wrong. `parameters` outlives the wait.
asio::awaitable<Response> clients_page(Api& api, Parameters& parameters, Page page,
                                       std::function<json::object(const rules::Engine&)> show);
using ShowNames = std::function<json::object(const rules::Engine&, const rules::NameBook&)>;
asio::awaitable<Response> clients_page(Api& api, Parameters& parameters, Page page, ShowNames show);

}  // namespace tightrope::daemon::http

#include "daemon/http/api/clients_page.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace tightrope::daemon::http {

std::variant<AskedClients, Response> asked_clients(const Api& api, Parameters& parameters,
                                                   const std::optional<CursorKey>& after) {
  AskedClients asked{client_names(api, parameters.text("client"))};
  if (asked.names.empty() && !parameters.text("client").empty())
    parameters.mistake("client", "there is no such client");
  if (auto refused = parameters.refusal()) return std::move(*refused);
  if (!after) return asked;
  const auto last = std::find(asked.names.begin(), asked.names.end(), after->front());
  if (last == asked.names.end()) return lost_cursor();
  asked.at = static_cast<std::size_t>(last - asked.names.begin());
  return asked;
}

asio::awaitable<bool> fill_from(Api& api, const AskedClients& asked, const std::function<bool()>& done,
                                const FillFrom& fill) {
  for (std::size_t i = asked.at; i < asked.names.size() && !done(); ++i) {
    const std::string& name = asked.names[i];
    ClientRuntime* const client = api.services.find_client(name);
    if (!client) continue;
    bool found = true;
    std::function<void(const rules::Engine&)> read = [&](const rules::Engine& engine) {
      found = fill(name, engine);
    };
    co_await client->view(std::move(read));
    if (!found) co_return false;
  }
  co_return true;
}

asio::awaitable<Response> clients_page(Api& api, Parameters& parameters, Page page,
                                       std::function<json::object(const rules::Engine&)> show) {
  ShowNames with_names = [show = std::move(show)](const rules::Engine& engine, const rules::NameBook&) {
    return show(engine);
  };
  return clients_page(api, parameters, std::move(page), std::move(with_names));
}

asio::awaitable<Response> clients_page(Api& api, Parameters& parameters, Page page, ShowNames show) {
  auto asked = asked_clients(api, parameters, page.after());
  if (auto* refused = std::get_if<Response>(&asked)) co_return std::move(*refused);
  const auto& [names, at] = std::get<AskedClients>(asked);
  for (std::size_t i = page.after() ? at + 1 : at; i < names.size(); ++i) {
    if (page.full()) {
      page.more();
      break;
    }
    ClientRuntime* const client = api.services.find_client(names[i]);
    if (!client) continue;
    json::object shown;
    std::function<void(const rules::Engine&, const rules::NameBook&)> read =
        [&shown, &show](const rules::Engine& engine, const rules::NameBook& book) {
          shown = show(engine, book);
        };
    co_await client->view_names(std::move(read));
    page.add(std::move(shown), {names[i]});
  }
  co_return success(std::move(page).take("clients"));
}

}  // namespace tightrope::daemon::http

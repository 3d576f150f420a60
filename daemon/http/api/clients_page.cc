#include "daemon/http/api/clients_page.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace tightrope::daemon::http {

asio::awaitable<Response> clients_page(Api& api, Parameters& parameters, Page page,
                                       std::function<json::object(const rules::Engine&)> show) {
  ShowNames with_names = [show = std::move(show)](const rules::Engine& engine, const rules::NameBook&) {
    return show(engine);
  };
  return clients_page(api, parameters, std::move(page), std::move(with_names));
}

asio::awaitable<Response> clients_page(Api& api, Parameters& parameters, Page page, ShowNames show) {
  const std::vector<std::string> names = client_names(api, parameters.text("client"));
  if (names.empty() && !parameters.text("client").empty())
    parameters.mistake("client", "there is no such client");
  if (auto refused = parameters.refusal()) co_return std::move(*refused);

  std::size_t begin = 0;
  if (page.after()) {
    const auto last = std::find(names.begin(), names.end(), page.after()->front());
    if (last == names.end()) co_return lost_cursor();
    begin = static_cast<std::size_t>(last - names.begin()) + 1;
  }
  for (std::size_t i = begin; i < names.size(); ++i) {
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

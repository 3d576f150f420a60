// GET /-/healthy, GET /-/ready, POST /-/reload.
#include <algorithm>

#include "config/error.h"
#include "daemon/http/api/api.h"
#include "daemon/http/json.h"

namespace tightrope::daemon::http {
namespace {

Response plain(int status, std::string text) {
  Response response;
  response.status = status;
  response.content_type = "text/plain; charset=utf-8";
  response.body = std::move(text);
  return response;
}

// The journal finds out that it can write again by writing. Whoever asks whether it is ready may be the one
// that keeps events from it until it is, so the question itself has to be a write.
void probe(Api& api) {
  const std::string now = rules::to_rfc3339(api.services.clock().now());
  std::vector<RecordChange> changes{{.table = "readiness", .key = "probe", .value = now}};
  api.services.journal().write(std::move(changes), [](const std::optional<JournalError>&) {});
}

json::object error_json(const config::Error& error) {
  json::object result;
  result["level"] = error.level == config::ErrorLevel::error ? "error" : "warning";
  result["file"] = text(error.where.file);
  result["line"] = error.where.line;
  result["column"] = error.where.column;
  result["path"] = text(error.path);
  result["problem"] = text(error.problem);
  result["hint"] = text(error.hint);
  result["text"] = text(config::format(error));
  return result;
}

}  // namespace

asio::awaitable<Response> get_healthy(Api&, const Request&) {
  co_return plain(200, "Tightrope is healthy.\n");
}

asio::awaitable<Response> get_ready(Api& api, const Request&) {
  if (!api.services.ready()) {
    Response response = plain(503, "Tightrope is not ready.\n");
    response.headers.emplace_back("Retry-After", "1");
    co_return response;
  }
  const JournalStats stats = api.services.journal().stats();
  if (stats.refusing) {
    probe(api);
    co_return plain(503, "Tightrope is not ready.\njournal: " + stats.refusing->text + "\n");
  }
  std::string text = "Tightrope is ready.\n";
  if (stats.failing) text += "journal: " + stats.failing->text + "\n";
  co_return plain(200, std::move(text));
}

asio::awaitable<Response> post_reload(Api& api, const Request&) {
  const config::Errors errors = co_await api.services.reload();
  const bool bad = std::any_of(errors.begin(), errors.end(), [](const config::Error& error) {
    return error.level == config::ErrorLevel::error;
  });
  json::array list;
  for (const config::Error& error : errors) list.push_back(error_json(error));
  if (!bad) {
    json::object data;
    data["warnings"] = std::move(list);
    co_return success(std::move(data));
  }
  json::object body;
  body["status"] = "error";
  body["errorType"] = text(to_string(ErrorType::bad_data));
  body["error"] = text("the configuration is bad and the old one stays:\n" + config::format(errors));
  body["errors"] = std::move(list);
  Response response;
  response.status = 400;
  response.body = print(body);
  co_return response;
}

}  // namespace tightrope::daemon::http

// GET /: the web page. Its files are part of the program.
#include <string_view>

#include "daemon/http/api/api.h"
#include "daemon/web/assets.h"

namespace tightrope::daemon::http {
namespace {

Response asset(std::string_view content_type, std::string_view bytes) {
  Response response;
  response.content_type = content_type;
  response.body = bytes;
  // Its own style and script, this server, and nothing else; no other site may frame it.
  response.headers.emplace_back(
      "Content-Security-Policy",
      "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
      "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
  response.headers.emplace_back("Referrer-Policy", "no-referrer");
  return response;
}

}  // namespace

asio::awaitable<Response> get_page(Api&, const Request&) {
  co_return asset("text/html; charset=utf-8", web::index_html());
}

asio::awaitable<Response> get_page_style(Api&, const Request&) {
  co_return asset("text/css; charset=utf-8", web::page_css());
}

asio::awaitable<Response> get_answers_script(Api&, const Request&) {
  co_return asset("text/javascript; charset=utf-8", web::answers_js());
}

asio::awaitable<Response> get_page_script(Api&, const Request&) {
  co_return asset("text/javascript; charset=utf-8", web::page_js());
}

}  // namespace tightrope::daemon::http

#include "daemon/http/connection.h"

#include <spdlog/logger.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "daemon/http/request_target.h"
#include "daemon/logging.h"

namespace tightrope::daemon::http {

namespace beast = boost::beast;
using boost::system::error_code;
// Durations are measured with the clock that cannot be set; nothing is decided by them.
using Stopwatch = std::chrono::steady_clock;

namespace {

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kReadSize = 4096;
// After an answer that came before the request's end: so much is read and dropped, or so long, so that the
// other side gets to see the answer rather than a reset.
constexpr std::size_t kMostDrained = 64u << 20;
constexpr rules::Duration kLongestDrain = std::chrono::seconds(2);

// The status for what the parser said; 0 when the other side is gone and nothing can be told.
int status_of(const error_code& error, bool expired) {
  if (expired) return 408;
  if (error == beast::http::error::end_of_stream || error == beast::http::error::partial_message) return 0;
  if (error == beast::http::error::header_limit) return 431;
  if (error == beast::http::error::body_limit || error == beast::http::error::buffer_overflow) return 413;
  if (error.category() == beast::http::make_error_code(beast::http::error::bad_method).category()) return 400;
  return 0;
}

Response refusal(int status) {
  switch (status) {
    case 408:
      return error_response(408, ErrorType::timeout, "the request took too long to arrive");
    case 413:
      return error_response(413, ErrorType::bad_data, "the body is too large");
    case 431:
      return error_response(431, ErrorType::bad_data, "the header is too large");
    default:
      return bad_request("this is not an HTTP/1.1 request");
  }
}

std::string_view view_of(beast::string_view text) {
  return {text.data(), text.size()};
}

}  // namespace

struct Connection::Buffer {
  beast::flat_buffer bytes;
};

struct Connection::Arrived {
  Request request;
  const Route* route = nullptr;
  std::optional<Response> refused;  // answered instead of the route
  bool keep_alive = false;
  bool gone = false;  // nothing can be told any more
};

Connection::Connection(asio::ip::tcp::socket socket, ServerContext& context)
    : socket_(std::move(socket)),
      context_(context),
      settings_(context.settings),
      buffer_(std::make_shared<Buffer>()),
      deadline_(socket_.get_executor()) {
  error_code error;
  const auto endpoint = socket_.remote_endpoint(error);
  if (!error) peer_ = endpoint.address().to_string();
  socket_.set_option(asio::ip::tcp::no_delay(true), error);  // only a matter of speed
}

void Connection::set_deadline(rules::Duration from_now, OnExpiry then) {
  expired_ = false;
  const std::uint64_t number = ++deadline_number_;
  deadline_.expires_after(from_now);
  deadline_.async_wait([weak = weak_from_this(), number, then](error_code error) {
    const auto self = weak.lock();
    if (!error && self && self->deadline_number_ == number) self->expire(then);
  });
}

void Connection::clear_deadline() {
  ++deadline_number_;
  deadline_.cancel();
}

void Connection::expire(OnExpiry then) {
  expired_ = true;
  error_code ignored;
  // Cancelling would miss an operation that is just between two reads; an ended stream stays ended.
  if (then == OnExpiry::stop_reading) {
    socket_.shutdown(asio::ip::tcp::socket::shutdown_receive, ignored);
  } else {
    socket_.close(ignored);
  }
}

void Connection::close() {
  error_code ignored;
  socket_.close(ignored);
}

void Connection::close_if_idle() {
  if (!busy_) close();
}

asio::awaitable<void> Connection::serve(std::shared_ptr<Connection> self) {
  bool more = true;
  while (more) {
    more = co_await self->serve_one();
    self->busy_ = false;
    if (self->context_.stopping) more = false;
  }
  if (self->unread_) co_await self->drain();
  self->clear_deadline();
  self->close();
}

asio::awaitable<void> Connection::turn_away(std::shared_ptr<Connection> self) {
  const Response response = unavailable("too many connections", 1);
  const bool sent = co_await self->send(response, false, false);
  if (sent) co_await self->drain();
  self->clear_deadline();
  self->close();
}

asio::awaitable<bool> Connection::serve_one() {
  const bool more = co_await wait_for_bytes();
  if (!more) co_return false;
  busy_ = true;
  settings_ = context_.settings;
  Arrived arrived;
  co_await receive(arrived);
  if (arrived.gone) co_return false;

  const Stopwatch::time_point began = Stopwatch::now();
  Response response;
  if (arrived.refused) {
    response = std::move(*arrived.refused);
  } else {
    response = co_await answer(*arrived.route, arrived.request);
  }
  const bool keep_alive = arrived.keep_alive && !context_.stopping;
  const bool sent = co_await send(response, arrived.request.method == "HEAD", keep_alive);
  const std::chrono::duration<double> took = Stopwatch::now() - began;
  if (context_.on_answered) {
    context_.on_answered(arrived.route ? std::string_view(arrived.route->name) : std::string_view("none"),
                         response.status, took.count());
  }
  co_return sent&& keep_alive;
}

asio::awaitable<bool> Connection::wait_for_bytes() {
  if (buffer_->bytes.size() > 0) co_return true;
  set_deadline(context_.settings->idle_timeout, OnExpiry::close);
  const auto space = buffer_->bytes.prepare(kReadSize);
  const auto [error, size] = co_await socket_.async_read_some(space, kTuple);
  clear_deadline();
  if (error) co_return false;
  buffer_->bytes.commit(size);
  co_return true;
}

asio::awaitable<void> Connection::receive(Arrived& arrived) {
  set_deadline(settings_->request_timeout, OnExpiry::stop_reading);
  beast::http::request_parser<beast::http::string_body> parser;
  parser.header_limit(settings_->most_header_bytes);
  parser.body_limit(settings_->most_body_bytes);
  const auto [header_error, header_size] =
      co_await beast::http::async_read_header(socket_, buffer_->bytes, parser, kTuple);
  if (header_error) {
    const int status = status_of(header_error, expired_);
    arrived.gone = status == 0;
    arrived.refused = refusal(status);
    unread_ = true;
    co_return;
  }
  const auto& head = parser.get();
  Request& request = arrived.request;
  request.method = view_of(head.method_string());
  request.peer = peer_;
  for (const auto& field : head) {
    request.headers.emplace_back(lower_case(view_of(field.name_string())), view_of(field.value()));
  }
  auto target = parse_request_target(view_of(head.target()));
  if (auto* good = std::get_if<RequestTarget>(&target)) {
    request.segments = std::move(good->segments);
    request.query = std::move(good->query);
    auto found = context_.router.find(request);
    if (auto* route = std::get_if<const Route*>(&found)) {
      arrived.route = *route;
      arrived.refused = refuse(request, *arrived.route, settings_->guard);
    } else {
      arrived.refused = std::move(std::get<Response>(found));
    }
  } else {
    arrived.refused = bad_request(std::get<BadTarget>(target).text);
  }
  // A refused request's body is not worth reading, so the connection ends with the answer.
  if (arrived.refused && !parser.is_done()) {
    unread_ = true;
    co_return;
  }
  if (const std::string* expect = request.header("expect");
      expect && equal_ignoring_case(*expect, "100-continue")) {
    constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    const auto bytes = asio::buffer(kContinue.data(), kContinue.size());
    const auto [error, size] = co_await asio::async_write(socket_, bytes, kTuple);
    arrived.gone = static_cast<bool>(error);
    if (error) co_return;
  }
  const auto [body_error, body_size] =
      co_await beast::http::async_read(socket_, buffer_->bytes, parser, kTuple);
  if (body_error) {
    const int status = status_of(body_error, expired_);
    arrived.gone = status == 0;
    arrived.refused = refusal(status);
    unread_ = true;
    co_return;
  }
  clear_deadline();
  arrived.keep_alive = parser.get().keep_alive();
  request.body = std::move(parser.get().body());
}

asio::awaitable<Response> Connection::answer(const Route& route, const Request& request) {
  try {
    asio::awaitable<Response> work = route.function(request);
    Response response = co_await std::move(work);
    co_return response;
  } catch (const boost::system::system_error& error) {
    if (error.code() == asio::error::operation_aborted) throw;
    logger("http")->error("a request failed handler={} error={}", route.name, quoted(error.what()));
  } catch (const std::exception& error) {
    logger("http")->error("a request failed handler={} error={}", route.name, quoted(error.what()));
  }
  co_return error_response(500, ErrorType::internal,
                           "something is wrong in Tightrope itself; its log says more");
}

asio::awaitable<bool> Connection::send(const Response& response, bool head, bool keep_alive) {
  std::string header = "HTTP/1.1 " + std::to_string(response.status) + ' ';
  header.append(reason_phrase(response.status)).append("\r\n");
  const auto field = [&header](std::string_view name, std::string_view value) {
    header.append(name).append(": ").append(value).append("\r\n");
  };
  field("Content-Type", response.content_type);
  field("Content-Length", std::to_string(response.size()));
  field("Cache-Control", "no-store");
  field("X-Content-Type-Options", "nosniff");
  for (const auto& [name, value] : response.headers) field(name, value);
  field("Connection", keep_alive ? "keep-alive" : "close");
  header += "\r\n";

  std::vector<asio::const_buffer> buffers{asio::buffer(header)};
  if (!head) {
    if (response.pieces) {
      for (const std::string_view part : response.pieces->parts())
        buffers.emplace_back(part.data(), part.size());
    } else {
      buffers.push_back(asio::buffer(response.body));
    }
  }
  set_deadline(settings_->request_timeout, OnExpiry::close);
  const auto [error, size] = co_await asio::async_write(socket_, buffers, kTuple);
  clear_deadline();
  co_return !error;
}

asio::awaitable<void> Connection::drain() {
  error_code error;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, error);
  if (error) co_return;
  set_deadline(kLongestDrain, OnExpiry::close);
  std::vector<char> dropped(kReadSize * 4);
  const auto space = asio::buffer(dropped);
  for (std::size_t total = 0; total < kMostDrained;) {
    const auto [failure, size] = co_await socket_.async_read_some(space, kTuple);
    if (failure) co_return;
    total += size;
  }
}

}  // namespace tightrope::daemon::http

// libcurl's multi interface driven by Asio. What this file relies on:
//  - Curl says in callbacks which sockets and which timeout it waits for; Asio waits, and tells curl by
//  socket_action.
//    Waits are taken up again after every event, because an Asio wait is for one event only.
//  - Curl owns its sockets. Asio borrows them: a descriptor is released and never closed.
//  - An exchange lives in the frame of the coroutine that awaits it. Curl knows it by number, and whatever
//  ends it only
//    cancels the coroutine's timer; the handle is taken from curl when the coroutine has resumed, never
//    within a callback.
#include "collectors/transfer.h"

#include <curl/curl.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <unordered_map>

#include "collectors/address_rules.h"
#include "collectors/c_deleter.h"
#include "collectors/exchange_rules.h"
#include "collectors/redirects.h"
#include "collectors/socket_watch.h"
#include "collectors/web_address.h"

namespace tightrope::collectors {
namespace {

using CurlEasy = std::unique_ptr<CURL, CDeleter<curl_easy_cleanup>>;
using CurlList = std::unique_ptr<curl_slist, CDeleter<curl_slist_free_all>>;

// One request and its answer; a fetch with redirects has several, one after the other.
struct Exchange {
  Exchange(const TransferRequest& what, asio::steady_timer& wake) : request(what), end(wake) {}
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  const TransferRequest& request;
  asio::steady_timer& end;  // of the awaiting coroutine; cancelled when finished
  ResponseCollector answer{request.most_bytes};
  bool refused_address = false;
  bool finished = false;
  CURLcode code = CURLE_OK;
  std::string tls_detail = std::string(CURL_ERROR_SIZE, '\0');
  CurlList headers;
  CurlEasy easy;
};

std::size_t on_body(char* bytes, std::size_t size, std::size_t count, void* exchange) {
  const std::string_view piece(bytes, size * count);
  return static_cast<Exchange*>(exchange)->answer.body(piece) ? piece.size() : 0;  // 0 ends the transfer
}

std::size_t on_header(char* bytes, std::size_t size, std::size_t count, void* exchange) {
  const std::string_view line(bytes, size * count);
  return static_cast<Exchange*>(exchange)->answer.header_line(line) ? line.size() : 0;
}

// Before a connection is made: a refused address is not even knocked at.
curl_socket_t on_open(void* context, curlsocktype, curl_sockaddr* address) {
  auto& exchange = *static_cast<Exchange*>(context);
  if (!exchange.request.allow_private_addresses && !is_public_address(address->addr)) {
    exchange.refused_address = true;
    return CURL_SOCKET_BAD;
  }
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

// Before a request is sent: its connection may have been opened for a request with other rights.
int on_connected(void* context, char* remote, char*, int, int) {
  auto& exchange = *static_cast<Exchange*>(context);
  if (exchange.request.allow_private_addresses || is_public_address(remote)) return CURL_PREREQFUNC_OK;
  exchange.refused_address = true;
  return CURL_PREREQFUNC_ABORT;
}

void set_method(Exchange& exchange) {
  CURL* easy = exchange.easy.get();
  const TransferRequest& request = exchange.request;
  if (request.method == "HEAD") {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  } else if (request.method == "POST" || !request.body.empty()) {
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS,
                     request.body.data());  // borrowed: lives as long as the exchange
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  }
  if (request.method != "HEAD") curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
}

bool prepare(Exchange& exchange, std::uint64_t id) {
  exchange.easy.reset(curl_easy_init());
  CURL* easy = exchange.easy.get();
  if (easy == nullptr) return false;
  for (const std::string& line : header_lines(exchange.request)) {
    curl_slist* longer = curl_slist_append(exchange.headers.get(), line.c_str());
    if (longer == nullptr) return false;
    static_cast<void>(exchange.headers.release());
    exchange.headers.reset(longer);
  }
  curl_easy_setopt(easy, CURLOPT_URL, exchange.request.url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, exchange.headers.get());
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "tightrope/0.1");
  curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");  // whatever curl can decompress
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT,
                   1L);  // else taking a handle away waits for a resolver that hangs
  // Curl counts time spent in its queue as connecting; the coroutine's timer is the one limit.
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(exchange.request.timeout.count()) + 1000);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, exchange.tls_detail.data());
  curl_easy_setopt(easy, CURLOPT_PRIVATE, reinterpret_cast<void*>(static_cast<std::uintptr_t>(id)));
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &exchange);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &exchange);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, &exchange);
  curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_connected);
  curl_easy_setopt(easy, CURLOPT_PREREQDATA, &exchange);
  set_method(exchange);
  return true;
}

int select_of(SocketEvent event) noexcept {
  switch (event) {
    case SocketEvent::readable:
      return CURL_CSELECT_IN;
    case SocketEvent::writable:
      return CURL_CSELECT_OUT;
    case SocketEvent::failed:
      break;
  }
  return CURL_CSELECT_ERR;
}

// The multi handle with its sockets and its timer. Shared with the coroutines of fetches, so that it outlives
// them.
class CurlMulti : public std::enable_shared_from_this<CurlMulti> {
 public:
  CurlMulti(asio::any_io_executor executor, TransferLimits limits)
      : executor_(executor), multi_(curl_multi_init()), timer_(executor_) {
    sockets_ = std::make_shared<SocketWatch>(
        executor_, [this](int fd, SocketEvent event) { act(fd, select_of(event)); });
    if (multi_ == nullptr) throw std::bad_alloc();
    curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &CurlMulti::on_socket);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &CurlMulti::on_timer);
    curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_MAX_TOTAL_CONNECTIONS, static_cast<long>(limits.most_connections));
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, static_cast<long>(limits.most_connections));
    curl_multi_setopt(multi_, CURLMOPT_MAX_HOST_CONNECTIONS, static_cast<long>(limits.most_per_host));
  }
  ~CurlMulti() {
    curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, nullptr);
    curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, nullptr);
    sockets_.reset();  // before curl closes them
    curl_multi_cleanup(multi_);
  }
  CurlMulti(const CurlMulti&) = delete;
  CurlMulti& operator=(const CurlMulti&) = delete;

  const asio::any_io_executor& executor() const noexcept { return executor_; }
  bool closed() const noexcept { return closed_; }
  void close() {
    closed_ = true;
    for (auto& [id, exchange] : exchanges_) exchange->end.cancel();
  }

  // The number to take it away by; nothing when curl will not have it.
  std::optional<std::uint64_t> add(Exchange& exchange) {
    const std::uint64_t id = ++last_id_;
    if (closed_ || !prepare(exchange, id)) return std::nullopt;
    if (curl_multi_add_handle(multi_, exchange.easy.get()) != CURLM_OK) return std::nullopt;
    exchanges_.emplace(id, &exchange);
    return id;
  }
  void remove(std::uint64_t id) {
    const auto found = exchanges_.find(id);
    curl_multi_remove_handle(multi_, found->second->easy.get());
    exchanges_.erase(found);
    if (exchanges_.empty() && timer_set_) {  // else whoever runs the loop would wait for it
      timer_.cancel();
      timer_set_ = false;
    }
  }

 private:
  static int on_socket(CURL*, curl_socket_t fd, int what, void* self, void*) {
    static_cast<CurlMulti*>(self)->watch(fd, what);
    return 0;
  }
  static int on_timer(CURLM*, long wait_ms, void* self) {
    static_cast<CurlMulti*>(self)->set_timer(wait_ms);
    return 0;
  }

  void watch(curl_socket_t fd, int what) {
    if (what == CURL_POLL_REMOVE) {
      sockets_->forget(fd);
    } else {
      sockets_->watch(fd, what != CURL_POLL_OUT, what != CURL_POLL_IN);
    }
  }

  // Curl changes its mind about its timer several times in each transfer, and a timer costs a call to the
  // kernel. So "at once" is posted, and a timer that is due before the new time stays: waking early harms
  // nothing.
  void set_timer(long wait_ms) {
    if (wait_ms < 0) return;
    if (wait_ms == 0) {
      if (!posted_)
        asio::post(executor_, [weak = weak_from_this()] {
          const auto self = weak.lock();
          if (!self) return;
          self->posted_ = false;
          self->time_passed();
        });
      posted_ = true;
      return;
    }
    const auto due = std::chrono::steady_clock::now() + std::chrono::milliseconds(wait_ms);
    if (timer_set_ && timer_.expiry() <= due) return;
    timer_set_ = true;
    timer_.expires_at(due);
    timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
      const auto self = weak.lock();
      if (!self || error) return;
      self->timer_set_ = false;
      self->time_passed();
    });
  }

  void time_passed() {
    act(CURL_SOCKET_TIMEOUT, 0);
    if (timer_set_ || posted_) return;
    long wait_ms = -1;  // curl calls back only when its next timeout differs from the one before
    curl_multi_timeout(multi_, &wait_ms);
    if (wait_ms >= 0) set_timer(std::max(wait_ms, 1L));
  }

  void act(curl_socket_t fd, int events) {
    int running = 0;
    curl_multi_socket_action(multi_, fd, events, &running);
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      void* id = nullptr;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &id);
      const auto found = exchanges_.find(reinterpret_cast<std::uintptr_t>(id));
      if (found == exchanges_.end()) continue;
      found->second->finished = true;
      found->second->code = message->data.result;
      found->second->end.cancel();
    }
  }

  asio::any_io_executor executor_;
  CURLM* multi_;
  asio::steady_timer timer_;
  bool timer_set_ = false;
  bool posted_ = false;
  bool closed_ = false;
  std::uint64_t last_id_ = 0;
  std::shared_ptr<SocketWatch> sockets_;
  std::unordered_map<std::uint64_t, Exchange*> exchanges_;  // owned by the frames that await them
};

// Takes an exchange away from curl on every way out of a coroutine, its destruction included.
class Membership {
 public:
  Membership(CurlMulti& multi, Exchange& exchange) : multi_(multi), id_(multi.add(exchange)) {}
  ~Membership() {
    if (id_) multi_.remove(*id_);
  }
  Membership(const Membership&) = delete;
  Membership& operator=(const Membership&) = delete;
  bool accepted() const noexcept { return id_.has_value(); }

 private:
  CurlMulti& multi_;
  std::optional<std::uint64_t> id_;
};

TransferError failure_of(const Exchange& exchange, const std::string& place) {
  const auto error = [&place](TransferFailure kind, const std::string& text) {
    return TransferError{kind, place + ": " + text};
  };
  const bool kept_off = exchange.code == CURLE_COULDNT_CONNECT || exchange.code == CURLE_ABORTED_BY_CALLBACK;
  if (exchange.refused_address && kept_off) {
    return error(TransferFailure::refused_address,
                 "its address is not public, and allow_private_addresses is not set");
  }
  if (exchange.answer.too_large()) return error(TransferFailure::too_large, exchange.answer.too_large_text());
  const std::string text = curl_easy_strerror(exchange.code);
  switch (exchange.code) {
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return error(TransferFailure::bad_url, text);
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return error(TransferFailure::resolve, text);
    case CURLE_COULDNT_CONNECT:
      return error(TransferFailure::connect, text);
    case CURLE_OPERATION_TIMEDOUT:
      return error(TransferFailure::timeout, text);
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
      return error(TransferFailure::tls, text + ": " + exchange.tls_detail.c_str());
    default:
      return error(TransferFailure::broken, text);
  }
}

asio::awaitable<TransferResult> fetch_all(std::shared_ptr<CurlMulti> multi, TransferRequest request) {
  auto address = parse_web_address(request.url);
  if (!address) co_return TransferError{TransferFailure::bad_url, "not an http or https URL"};
  const auto problem = check_request(request);
  if (problem) co_return TransferError{TransferFailure::bad_url, address->place() + ": " + *problem};
  request.url = address->url;
  asio::steady_timer end(multi->executor(), request.timeout);
  for (int redirects = 0;; ++redirects) {
    std::variant<NotARedirect, Redirected, TransferError> next;
    {
      Exchange exchange(request, end);
      const Membership membership(*multi, exchange);
      if (!membership.accepted())
        co_return TransferError{TransferFailure::broken, address->place() + ": not started"};
      boost::system::error_code woken;
      co_await end.async_wait(asio::redirect_error(asio::use_awaitable, woken));
      if (!exchange.finished) {
        if (multi->closed())
          co_return TransferError{TransferFailure::cancelled, address->place() + ": given up"};
        if (woken) throw boost::system::system_error(woken);
        co_return TransferError{TransferFailure::timeout,
                                address->place() + ": " + timeout_text(request.timeout)};
      }
      if (exchange.code != CURLE_OK) co_return failure_of(exchange, address->place());
      TransferResponse response = std::move(exchange.answer).take(address->shown());
      if (!request.follow_redirects) co_return std::move(response);
      next = next_request(*address, request, response);
      if (std::holds_alternative<NotARedirect>(next)) co_return std::move(response);
    }
    if (auto* error = std::get_if<TransferError>(&next)) co_return std::move(*error);
    if (redirects >= request.most_redirects) {
      co_return TransferError{TransferFailure::too_many_redirects, address->place() + ": too many redirects"};
    }
    auto& redirected = std::get<Redirected>(next);
    address = std::move(redirected.to);
    request = std::move(redirected.request);
  }
}

class CurlTransfer final : public Transfer {
 public:
  CurlTransfer(asio::any_io_executor executor, TransferLimits limits)
      : multi_(std::make_shared<CurlMulti>(std::move(executor), limits)) {}
  ~CurlTransfer() override { multi_->close(); }
  CurlTransfer(const CurlTransfer&) = delete;
  CurlTransfer& operator=(const CurlTransfer&) = delete;

  asio::awaitable<TransferResult> fetch(TransferRequest request) override {
    return fetch_all(multi_, std::move(request));
  }

 private:
  std::shared_ptr<CurlMulti> multi_;
};

}  // namespace

std::unique_ptr<Transfer> make_curl_transfer(asio::any_io_executor executor, TransferLimits limits) {
  static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (ready != CURLE_OK) throw std::runtime_error(curl_easy_strerror(ready));
  return std::make_unique<CurlTransfer>(std::move(executor), limits);
}

}  // namespace tightrope::collectors

// One awaitable transfer for everything outbound: HTTP and HTTPS on Asio over libcurl's multi interface.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/system/result.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "config/secret.h"
#include "rules/units.h"

namespace tightrope::collectors {

namespace asio = boost::asio;

struct TransferRequest {
  std::string method = "GET";
  std::string url;  // http or https
  std::vector<std::pair<std::string, std::string>> headers;
  // Sent as headers too, but never logged, never part of an error, and dropped on a redirect to another host.
  std::vector<std::pair<std::string, config::Secret>> secret_headers;
  std::string body;
  // The body holds credentials: a redirect that would repeat it to another scheme, host or port is an error.
  bool secret_body = false;
  // From the call to the last byte: waiting for a free connection, every redirect and the body included.
  rules::Duration timeout{std::chrono::seconds(30)};
  std::uint64_t most_bytes = 64ull << 20;  // of the body, after decompression
  // Else loopback, private, link-local and other addresses that are not public are refused after resolving,
  // so that a name which resolves to one is refused too. Where the environment names a proxy (http_proxy,
  // https_proxy, no_proxy), it is the proxy's address that is checked, and the proxy's business what it
  // connects to.
  bool allow_private_addresses = false;
  int most_redirects = 5;
  bool follow_redirects = true;  // false: a redirect is an answer like any other, with a header `location`
};

struct TransferResponse {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;  // decompressed (gzip, deflate, br, zstd as the server chose)
  std::string url;   // the last one, without query and user info: fit for logs

  const std::string* header(std::string_view lower_case_name) const noexcept;
};

// bad_url: also headers that cannot be sent. broken: the connection or the answer. cancelled: the Transfer
// was destroyed.
enum class TransferFailure {
  bad_url,
  resolve,
  refused_address,
  connect,
  tls,
  timeout,
  too_large,
  too_many_redirects,
  broken,
  cancelled,
};
struct TransferError {
  TransferFailure kind;
  std::string text;  // for people; names host and port, never a query, header or body
};
using TransferResult = boost::system::result<TransferResponse, TransferError>;

// The seam tests replace.
class Transfer {
 public:
  virtual ~Transfer() = default;
  // An HTTP status of any kind is a response, not an error. Cancellation ends it with asio's
  // operation_aborted thrown.
  virtual asio::awaitable<TransferResult> fetch(TransferRequest request) = 0;
};

struct TransferLimits {
  int most_connections = 100;  // curl's cost grows with open connections: more fetches queue
  int most_per_host = 6;
};

// All calls on the executor's one thread. Fetches that are under way when it is destroyed are cancelled;
// destroy it only when none is awaited any more.
std::unique_ptr<Transfer> make_curl_transfer(asio::any_io_executor executor, TransferLimits limits);

}  // namespace tightrope::collectors

// What to ask next when a server says that its answer is elsewhere. A pure decision, apart from the transfer
// itself.
#pragma once

#include <string>
#include <variant>

#include "collectors/transfer.h"
#include "collectors/web_address.h"

namespace tightrope::collectors {

struct NotARedirect {};
struct Redirected {
  WebAddress to;
  TransferRequest request;  // to be sent there
};

// After 301, 302 and 303 the next request is a GET without a body (a HEAD stays one); after 307 and 308 it is
// the same again. A change of scheme, host or port drops `secret_headers`, and Authorization and Cookie among
// the plain ones. A 3xx without a Location is no redirect. Location values that are no web address are an
// error, and so is repeating a secret body at another origin.
std::variant<NotARedirect, Redirected, TransferError> next_request(const WebAddress& from,
                                                                   const TransferRequest& request,
                                                                   const TransferResponse& response);

}  // namespace tightrope::collectors

// From what a source says of its requests to requests that can be sent.
#pragma once

#include <boost/json/value.hpp>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "collectors/request_template.h"
#include "collectors/transfer.h"
#include "collectors/web_address.h"
#include "config/sources.h"

namespace tightrope::collectors {

struct PreparedRequest {
  WebAddress address;
  TransferRequest request;
};

// Borrows the source, whose kind is HttpSource.
class RequestWriter {
 public:
  explicit RequestWriter(const config::Source& source);

  // With the credentials of the source; `token` is the access token of OAuth2, where that is how. `page` goes
  // into the query. The error is for people: the address is none.
  std::variant<PreparedRequest, std::string> write(const config::HttpRequest& request,
                                                   const TemplateValues& values,
                                                   const config::TextPairs& page,
                                                   const config::Secret& token) const;
  // The same request at an address that an answer gave, with its own query. It must be of the same host.
  PreparedRequest follow(const WebAddress& address, const config::HttpRequest& request,
                         const TemplateValues& values, const config::Secret& token) const;
  // A plain GET without anything of the source's.
  PreparedRequest plain(const WebAddress& address) const;

 private:
  struct JsonBody {
    const config::HttpRequest* of;
    boost::json::value json;
  };
  void add_json(const config::HttpRequest& request);
  std::string url_of(const config::HttpRequest& request, const TemplateValues& values,
                     const config::TextPairs& page) const;
  std::string body_of(const config::HttpRequest& request, const TemplateValues& values) const;
  void authorize(TransferRequest& request, const TemplateValues& values, const config::Secret& token) const;
  TransferRequest bounded() const;

  const config::Source& source_;
  const config::HttpSource& http_;
  std::vector<JsonBody> bodies_;
};

}  // namespace tightrope::collectors

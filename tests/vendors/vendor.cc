#include "tests/vendors/vendor.h"

#include "tests/vendors/json_text.h"

namespace tightrope::vendors {

HttpReply json_reply(std::string body, int status) {
  return {status, {{"Content-Type", "application/json; charset=UTF-8"}}, std::move(body), HttpFault::none};
}

HttpReply html_reply(int status, const std::string& title) {
  return {status,
          {{"Content-Type", "text/html"}},
          "<!DOCTYPE html><html><head><title>" + title + "</title></head><body><h1>" + title +
              "</h1></body></html>",
          HttpFault::none};
}

HttpReply complain(Situation& situation, const std::string& what, HttpReply reply) {
  situation.complaint = what;
  return reply;
}

HttpReply TokenDesk::answer(const Request& request, rules::Timestamp now) {
  const auto refuse = [this](int status, const std::string& code, const std::string& why) {
    ++refused_;
    return json_reply(object({member("error", json_text(code)), member("error_description", json_text(why))}),
                      status);
  };
  if (request.method != "POST") return refuse(405, "invalid_request", "POST is wanted");
  if (request.sent("grant_type") != "refresh_token")
    return refuse(400, "unsupported_grant_type", "grant_type of the form is not refresh_token");
  const std::string basic = request.basic();
  const bool by_basic = basic == std::string(kClientId) + ':' + kClientSecret;
  const bool by_form =
      request.sent("client_id") == kClientId && request.sent("client_secret") == kClientSecret;
  if (!by_basic && !by_form) return refuse(401, "invalid_client", "The OAuth client was not found.");
  if (request.sent("refresh_token") != refresh_token_)
    return refuse(400, "invalid_grant", "Token has been expired or revoked.");
  ++refreshes_;
  access_token_ = "access-secret-" + std::to_string(refreshes_);
  expires_ = now + lifetime;
  std::vector<std::string> members{
      member("access_token", json_text(access_token_)), member("token_type", json_text("Bearer")),
      member("expires_in",
             std::to_string(std::chrono::duration_cast<std::chrono::seconds>(lifetime).count()))};
  if (rotates) {
    refresh_token_ = "refresh-secret-" + std::to_string(refreshes_);
    members.push_back(member("refresh_token", json_text(refresh_token_)));
  }
  return json_reply(object(members));
}

bool TokenDesk::accepts(const std::string& access_token, rules::Timestamp now) const {
  return !access_token_.empty() && access_token == access_token_ && now < expires_;
}

void TokenDesk::expire() {
  expires_ = rules::Timestamp{};
}

}  // namespace tightrope::vendors

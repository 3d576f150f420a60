#include "tests/vendors/simulator.h"

#include <utility>

namespace tightrope::vendors {
namespace {

constexpr rules::Duration kSlow = std::chrono::seconds(20);
constexpr rules::Duration kNever = std::chrono::hours(2);  // longer than any deadline
// Who was refused and cannot get a new key by himself does not knock again at once.
constexpr rules::Duration kAfterRefusal = std::chrono::minutes(1);

void delay(HttpReply& reply, rules::Duration by) {
  reply.headers.emplace_back(kDelayHeader, std::to_string(by.count()));
}

}  // namespace

Simulator::Simulator(std::unique_ptr<Vendor> vendor, const collectors::Clock& clock)
    : clock_(clock),
      vendor_(std::move(vendor)),
      api_([this](const HttpRequest& request) { return handle(request, false); }),
      download_([this](const HttpRequest& request) { return handle(request, true); }),
      foreign_([this](const HttpRequest& request) { return refuse_foreign(request); }) {}

Addresses Simulator::addresses() const {
  return {api_.url(), download_.url(), foreign_.url()};
}

void Simulator::arm(Fault fault) {
  const std::lock_guard lock(mutex_);
  fault_ = fault;
  requests_ = hits_ = 0;
}

bool Simulator::fired() const {
  const std::lock_guard lock(mutex_);
  return hits_ > 0;
}

std::vector<std::string> Simulator::violations() const {
  const std::lock_guard lock(mutex_);
  return violations_;
}

std::vector<LoggedRequest> Simulator::log() const {
  const std::lock_guard lock(mutex_);
  return log_;
}

int Simulator::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void Simulator::violation(rules::Timestamp now, const std::string& what) {
  violations_.push_back(rules::to_rfc3339(now) + ' ' + what);
}

HttpReply Simulator::refuse_foreign(const HttpRequest& request) {
  const std::lock_guard lock(mutex_);
  violation(clock_.now(), "asked another host: " + request.method + ' ' + request.target);
  return html_reply(404, "Nobody here");
}

HttpReply Simulator::handle(const HttpRequest& raw, bool downloads) {
  const Request request(raw);
  const std::lock_guard lock(mutex_);
  const rules::Timestamp now = clock_.now();
  HttpReply reply;
  if (!downloads && request.path == kTokenPath) {
    const int refused = tokens_.refused();
    if (std::exchange(token_server_fails_, false)) {
      reply = html_reply(500, "Internal Server Error");
    } else {
      reply = tokens_.answer(request, now);
    }
    if (tokens_.refused() > refused) violation(now, "token request refused: " + reply.body);
  } else {
    reply = handle_api(request, downloads, now);
  }
  log_.push_back({now, request.method + ' ' + raw.target + " -> " + std::to_string(reply.status)});
  return reply;
}

HttpReply Simulator::asked_too_soon(const Request& request, rules::Timestamp now) {
  violation(now, "asked before " + rules::to_rfc3339(not_before_) + ": " + request.path);
  if (fault_.kind == FaultKind::throttled)
    return vendor_->throttles().at(fault_.throttle).reply(request, now);
  return vendor_->refused();
}

HttpReply Simulator::handle_api(const Request& request, bool downloads, rules::Timestamp now) {
  if (now < not_before_) return asked_too_soon(request, now);
  const int index = requests_++;
  const bool hit = fault_.kind != FaultKind::none && index >= fault_.at && hits_ < fault_.times;
  Situation situation{.now = now, .addresses = addresses(), .tokens = tokens_, .downloads = downloads};
  if (hit && fault_.kind == FaultKind::page) situation.page_fault = fault_.page;
  if (hit && fault_.kind == FaultKind::job) situation.job_fault = fault_.job;
  const bool of_reply = fault_.kind != FaultKind::page && fault_.kind != FaultKind::job;
  if (hit && of_reply) {
    ++hits_;
    if (auto reply = instead(request, situation)) return *std::move(reply);
  }
  HttpReply reply = vendor_->answer(request, situation);
  if (situation.fault_used) ++hits_;
  if (!situation.complaint.empty()) {
    violation(now, "wrong request: " + situation.complaint + " (" + request.method + ' ' +
                       request.raw.target + ' ' + request.raw.body.substr(0, 500) + ')');
  }
  if (!situation.impatience.empty()) violation(now, situation.impatience);
  if (hit && of_reply) spoil(reply, fault_.kind);
  return reply;
}

// Faults that leave the vendor itself out.
std::optional<HttpReply> Simulator::instead(const Request& request, Situation& situation) {
  switch (fault_.kind) {
    case FaultKind::throttled: {
      const Throttle throttle = vendor_->throttles().at(fault_.throttle);
      not_before_ = throttle.until(situation.now);
      return throttle.reply(request, situation.now);
    }
    case FaultKind::server_error:
      return html_reply(500, "Internal Server Error");
    case FaultKind::unavailable:
      return html_reply(503, "Service Unavailable");
    case FaultKind::bad_gateway:
      return HttpReply{502, {}, "", HttpFault::none};
    case FaultKind::error_in_200:
      return vendor_->error_in_200(request);
    case FaultKind::html_in_200:
      return html_reply(200, "We will be back soon");
    case FaultKind::empty_200:
      return HttpReply{200, {{"Content-Type", "application/json"}}, "", HttpFault::none};
    case FaultKind::expired_token:
      tokens_.expire();
      return std::nullopt;  // the vendor refuses it by itself
    case FaultKind::token_server_error:
      tokens_.expire();
      token_server_fails_ = true;
      return std::nullopt;
    case FaultKind::refused_key:
      not_before_ = situation.now + kAfterRefusal;
      return vendor_->refused();
    default:
      return std::nullopt;
  }
}

void Simulator::spoil(HttpReply& reply, FaultKind kind) {
  switch (kind) {
    case FaultKind::cut_connection:
      reply.fault = HttpFault::cut_short;
      break;
    case FaultKind::no_answer:
      reply.fault = HttpFault::no_answer;
      break;
    case FaultKind::truncated_body:
      reply.body.resize(reply.body.size() / 2);
      break;
    case FaultKind::slow:
      delay(reply, kSlow);
      break;
    case FaultKind::never_answers:
      delay(reply, kNever);
      break;
    default:
      break;
  }
}

}  // namespace tightrope::vendors

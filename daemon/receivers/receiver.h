// One way to reach people. A receiver renders and sends one notification; retries are the outbox's.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "collectors/transfer.h"
#include "config/receivers.h"
#include "daemon/routing/notification.h"

namespace tightrope::daemon {

// How one try to deliver ended.
struct Delivery {
  enum class Kind { delivered, try_again, refused };
  Kind kind = Kind::try_again;
  std::string text;                            // why not, on one line; no secret
  std::optional<rules::Duration> retry_after;  // not before; never negative
};

// Of one try, from the wait for a connection to the whole answer.
constexpr rules::Duration kDeliveryTimeout = std::chrono::seconds(10);

// A message as it goes into the outbox.
struct Rendered {
  std::string body;                // of the request; sent the same on every retry
  std::vector<std::string> shown;  // ids of the alerts that a reader finds in it
};

// One integration of a configured receiver: `oncall/slack[0]`.
class Integration {
 public:
  virtual ~Integration() = default;
  virtual const std::string& name() const noexcept = 0;
  // Nothing when there is nothing to tell (all resolved and send_resolved is off).
  virtual std::optional<Rendered> render(const Notification& notification) const = 0;
  // The integration must outlive the coroutine. Throws only operation_aborted, when cancelled.
  virtual boost::asio::awaitable<Delivery> send(std::string body, std::string notification_id) = 0;
};

struct MessageLinks {
  std::string external_url;  // of this daemon, without a slash at the end; "" leaves links out
};

// Webhooks, then Slack, each in the order configured. `transfer` is borrowed. An Alertmanager does its own
// grouping and waiting, so it is no Integration: see AlertmanagerFeed.
std::vector<std::unique_ptr<Integration>> make_integrations(const config::Receiver& receiver,
                                                            collectors::Transfer& transfer,
                                                            MessageLinks links);

}  // namespace tightrope::daemon

// What one Alertmanager has to be told, and when: a pure function of alerts and time.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "daemon/receivers/receiver.h"
#include "rules/alert.h"

namespace tightrope::daemon {

// An Alertmanager believes that an alert ends when it is no longer told of it, so firing alerts are sent
// again and again, each time with an end that lies ahead. Resolved ones are sent for a while, as Prometheus
// does, so that one that was restarted in between hears of it too; an end that lies ahead is over by then.
constexpr int kResendsUntilEnd = 4;
constexpr rules::Duration kResolvedResent = std::chrono::minutes(15);

// Alerts are shared, not copied: each Alertmanager has a queue over the same ones. One thread.
class AlertmanagerQueue {
 public:
  explicit AlertmanagerQueue(rules::Duration resend_every);

  using SharedAlert = std::shared_ptr<const rules::Alert>;
  // Due at once when its phase or revision is new; otherwise it keeps its turn. Pending ones, and those that
  // resolved more than kResolvedResent ago, are not taken.
  void update(SharedAlert alert, rules::Timestamp now);
  // It is no longer this Alertmanager's: its end is left to come by itself.
  void remove(const std::string& id);

  struct Batch {
    std::vector<SharedAlert> alerts;
    std::optional<rules::Timestamp>
        oldest_news;  // when the longest waiting of those never taken before became due
  };
  // At most `most` of what is due, the longest waiting first. Changes nothing.
  Batch due(rules::Timestamp now, std::size_t most) const;
  // They were taken: their next turn is in resend_every, unless they have changed meanwhile.
  void taken(const Batch& batch, rules::Timestamp now);
  // When something is due; in the past when something is.
  std::optional<rules::Timestamp> next_due() const;
  std::size_t size() const noexcept { return entries_.size(); }
  rules::Duration resend_every() const noexcept { return resend_every_; }

 private:
  struct Entry {
    SharedAlert alert;
    rules::Timestamp due;
    bool news = true;  // not taken yet in this state
  };
  void schedule(const std::string& id, Entry& entry, rules::Timestamp due);

  rules::Duration resend_every_;
  std::map<std::string, Entry> entries_;                      // by alert id
  std::set<std::pair<rules::Timestamp, std::string>> turns_;  // one for each entry
};

// The body of POST /api/v2/alerts, as of `now`.
std::string alertmanager_body(const std::vector<AlertmanagerQueue::SharedAlert>& alerts,
                              rules::Duration resend_every, rules::Timestamp now, const MessageLinks& links);

}  // namespace tightrope::daemon

// Which alerts go to whom, and when: Alertmanager's route tree, grouping and repetition as pure functions of
// state and time.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "config/receivers.h"
#include "daemon/routing/notification.h"
#include "rules/units.h"

namespace tightrope::daemon {

// How long it is remembered that an alert was told as resolved. The engine keeps resolved alerts longer, and
// shows them again at start: those that ended before are never told.
constexpr rules::Duration kResolvedRemembered = std::chrono::hours(24);
// When a group is forgotten whose alerts are gone without ever having been seen to resolve: their client was
// removed.
constexpr rules::Duration kGoneForgotten = std::chrono::days(5);

// What an integration was to be told and never got: its messages were given up.
struct Missed {
  rules::Timestamp at{};         // when the last of them was
  std::set<std::string> alerts;  // ids
};

// What a receiver was last told of a group; kept durably, so that a restart neither forgets nor repeats.
struct NotifiedGroup {
  std::string receiver;
  std::string group_key;
  std::map<std::string, std::uint32_t> firing;  // alert id -> revision
  std::map<std::string, rules::Timestamp>
      resolved;           // alert id -> when it resolved; those told in kResolvedRemembered
  rules::Timestamp at{};  // of the last notification
  // Of the last one with Notification::firing_news: repeats count from it, since those who do not want to
  // hear of resolved alerts have not been sent any other.
  rules::Timestamp news_at{};
  std::map<std::string, Missed> missed;  // by integration; until a message makes up for it
};
// Version 2: a version byte, then receiver, group key, `at`, firing, resolved, `news_at` and `missed`, each
// as rules/codec.h writes them. Version 1 ended with `resolved`: `news_at` is taken to be `at`.
std::string encode(const NotifiedGroup& group);
// Nothing when the bytes are not a whole group of a known version.
std::optional<NotifiedGroup> decode_notified_group(std::string_view bytes);
// The key of its record in the journal's table kNotifiedTable; unique for a receiver and a group.
std::string record_key(const NotifiedGroup& group);
constexpr std::string_view kNotifiedTable = "notified";

// A group's next message, and what is to be remembered with it (in one transaction).
struct Dispatched {
  Notification notification;
  NotifiedGroup notified;
  std::string reason;  // "first", "new alerts", "resolved", "amended", "repeat", "lost before": for the log
  std::vector<std::string> only = {};  // the integrations it is for; empty: all of the receiver's
  std::vector<std::string> but = {};   // those that are told by a message of their own
};

// The state of all groups. Deterministic: no clock, no I/O. One thread. Each call costs in proportion to what
// changed: the groups of one alert, or the alerts of one message.
//
// When a group is told:
//   nothing of it is known to the receiver to be firing: group_wait after its earliest alert fired;
//   something changed (an alert is new, resolved, or has another revision): at the next whole multiple of
//   group_interval since the last message; nothing changed: at the first such multiple at or after
//   repeat_interval since the last message with firing news;
//   an integration never got a message: at the first such multiple after that was known, it alone.
// These times come from the alerts and from what was told, never from when update() happened to be called, so
// that a restart changes none of them. Times that have passed are due at once.
class Dispatcher {
 public:
  // `remembered` is what was kept before the restart; feed every alert that is known with update() before
  // take_due(). REQUIRES: RouteTree::problem(root) is nothing; else std::invalid_argument is thrown.
  Dispatcher(config::Route root, std::vector<NotifiedGroup> remembered);
  ~Dispatcher();
  Dispatcher(Dispatcher&&) noexcept;
  Dispatcher& operator=(Dispatcher&&) noexcept;

  // The alert's newest state: firing ones join their groups; resolved ones are told once to those who were
  // told of the firing, or whose group_wait had passed before it resolved. Pending ones are ignored; an
  // inactive one that was firing counts as resolved now. One whose labels take it out of a group that was
  // told of it is told there as resolved now, as it was before. The same state again changes nothing.
  void update(const rules::Alert& alert, rules::Timestamp now);
  // A message of the group will never reach the integration: its alerts are news to it again, those that
  // resolved no longer than kResolvedRemembered ago included. Returns what is to be remembered now; nothing
  // when the group is not known.
  std::optional<NotifiedGroup> lost(const std::string& receiver, const std::string& group_key,
                                    const std::string& integration, const std::vector<std::string>& alerts,
                                    rules::Timestamp now);
  // What is due by now, by due time, with groups marked as told. Groups that hold nothing any more are
  // dropped.
  std::vector<Dispatched> take_due(rules::Timestamp now);
  // When take_due may next give something.
  std::optional<rules::Timestamp> next_due() const;
  // New routes; groups are made anew from the alerts known, and what was told is kept. REQUIRES: as the
  // constructor.
  void reload(config::Route root, rules::Timestamp now);

  // The receivers an alert goes to, in order, each once: for AlertmanagerFeed, commands and tests.
  std::vector<std::string> receivers_of(const rules::Alert& alert) const;
  // The ids that receivers were told of as firing, and that update() was never given: nobody watches them any
  // more, and nobody has told their end.
  std::set<std::string> told_and_unknown() const;
  // Record keys of remembered groups that can be erased from the store: their alerts are gone and were told.
  // Each is given once.
  std::vector<std::string> take_forgotten();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tightrope::daemon

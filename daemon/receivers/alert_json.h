// An alert in Alertmanager's shape, as webhooks and Alertmanagers receive it.
#pragma once

#include <boost/json/object.hpp>
#include <map>
#include <string>

#include "daemon/receivers/receiver.h"
#include "daemon/routing/notification.h"

namespace tightrope::daemon {

// summary and description for people, and the parts of the message by name: what, costs, why, advice,
// recommendation_id, amended, acknowledged_by, alert_id. Empty ones are left out; all are valid UTF-8.
std::map<std::string, std::string> annotations_of(const rules::Alert& alert);

// Prometheus' fingerprint of a set of labels: the same for every alert on the same thing. 16 hex digits.
std::string fingerprint(const Labels& labels);

// Where the alert can be seen; "" without an external URL.
std::string link_to(const rules::Alert& alert, const MessageLinks& links);

boost::json::object json_object(const std::map<std::string, std::string>& texts);

}  // namespace tightrope::daemon

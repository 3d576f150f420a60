// What the days of a verdict say, in words: how sure, since when, in what range, and what has not arrived.
// Each is one line, or "" where there is nothing to say.
#pragma once

#include <string>

#include "daemon/explained.h"

namespace tightrope::daemon {

// "94 % sure: at most 6 in 100 such runs of days come about by luck while the target is met".
std::string sure_sentence(const Explained& explained);
// "the rate changed about Tue 17 Nov".
std::string since_sentence(const Explained& explained);
// "the figures of the window speak for 33.00 EUR to 52.00 EUR (95 %)".
std::string range_sentence(const Explained& explained);
// "82 % of the window's results have arrived; about 36.00 EUR once all have".
std::string arrival_sentence(const Explained& explained);
// What `confidence:` asks for, and how far it is: "evidence 310, alerts at 1 000, watched from 100".
std::string confidence_sentence(const Explained& explained);
// "days vary by 32 %", and what weekdays make of it.
std::string scatter_sentence(const Explained& explained);

}  // namespace tightrope::daemon

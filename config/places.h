// Where in the files objectives, targets and playbooks stand: for what is found out about them only after
// everything was read.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <tuple>

#include "config/error.h"

namespace tightrope::config {

enum class Declared { objective, target, playbook };

// A value. Holds the line of each place, secrets hidden.
class SourcePlaces {
 public:
  // The first of a name is kept.
  void add(Declared what, std::string_view client, std::string_view name, std::string_view key, Error place);
  // Where, by which path and on which line the key of it stands ("limits.cooldown" where keys are nested),
  // else the thing itself; null when nothing of that name is known. Playbooks have no client. Borrowed.
  const Error* find(Declared what, std::string_view client, std::string_view name,
                    std::string_view key) const;

 private:
  using Name = std::tuple<Declared, std::string, std::string>;
  std::map<Name, std::map<std::string, Error, std::less<>>> places_;
};

}  // namespace tightrope::config

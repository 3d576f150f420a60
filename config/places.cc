#include "config/places.h"

#include <fmt/format.h>

#include <utility>

#include "config/readers.h"

namespace tightrope::config {
namespace {

// Collects the places of what has a name. Names and shapes were checked by the readers: what is not as it
// should be is passed over here.
class PlaceFinder {
 public:
  PlaceFinder(const Problems& problems, SourcePlaces& places) : problems_(problems), places_(places) {}

  void clients(const std::vector<Cursor>& all) {
    for (const Cursor& client : all) {
      client_ = name_of(client);
      for (const Cursor& objective : children(client, "objectives")) add_objective(objective);
    }
  }

  void playbooks(const std::vector<Cursor>& all) {
    client_.clear();
    for (const Cursor& playbook : all) add(Declared::playbook, playbook);
  }

 private:
  static std::string name_of(const Cursor& at) {
    const Entry* entry = at.node().find("name");
    return entry == nullptr ? "" : entry->value.text;
  }

  static std::vector<Cursor> children(const Cursor& at, std::string_view key) {
    std::vector<Cursor> result;
    const Entry* entry = at.node().find(key);
    if (entry == nullptr || entry->value.kind != NodeKind::sequence) return result;
    return at.child(*entry).items();
  }

  void add_objective(const Cursor& at) {
    add(Declared::objective, at);
    for (const Cursor& target : children(at, "targets")) add(Declared::target, target);
    for (const Cursor& child : children(at, "objectives")) add_objective(child);
  }

  void add(Declared what, const Cursor& at) {
    const std::string name = name_of(at);
    Error whole = problems_.shown_at(at.place());
    whole.path = at.path();
    places_.add(what, client_, name, "", std::move(whole));
    add_keys(what, name, at, "");
  }

  // Keys of the thing, and of the mappings in it.
  void add_keys(Declared what, const std::string& name, const Cursor& at, const std::string& above) {
    for (const Entry& entry : at.node().entries) {
      if (entry.key == "targets" || entry.key == "objectives") continue;
      const std::string key = above + entry.key;
      const Cursor value = at.child(entry);
      Error place = problems_.shown_at(value.place());
      place.path = value.path();
      places_.add(what, client_, name, key, std::move(place));
      if (above.empty()) add_keys(what, name, value, key + ".");
    }
  }

  const Problems& problems_;
  SourcePlaces& places_;
  std::string client_;
};

}  // namespace

void SourcePlaces::add(Declared what, std::string_view client, std::string_view name, std::string_view key,
                       Error place) {
  places_[{what, std::string(client), std::string(name)}].emplace(std::string(key), std::move(place));
}

const Error* SourcePlaces::find(Declared what, std::string_view client, std::string_view name,
                                std::string_view key) const {
  const auto thing =
      places_.find({what, std::string(what == Declared::playbook ? "" : client), std::string(name)});
  if (thing == places_.end()) return nullptr;
  const auto exact = thing->second.find(key);
  const auto place = exact == thing->second.end() ? thing->second.find("") : exact;
  return place == thing->second.end() ? nullptr : &place->second;
}

SourcePlaces find_places(const Sections& sections, const Problems& problems) {
  SourcePlaces places;
  PlaceFinder finder(problems, places);
  finder.clients(sections.clients);
  finder.playbooks(sections.playbooks);
  return places;
}

}  // namespace tightrope::config

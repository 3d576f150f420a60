// GET /api/v1/identity: which spellings are one name, and which names look alike and are kept apart.
#include <functional>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "daemon/http/api/clients_page.h"
#include "daemon/http/json.h"
#include "daemon/http/parameters.h"
#include "rules/look_alikes.h"

namespace tightrope::daemon::http {
namespace {

constexpr std::size_t kDefaultClients = 100;
constexpr std::size_t kMostMerged = 1000;     // names of a client
constexpr std::size_t kMostDivided = 200;     // likewise
constexpr std::size_t kMostLookAlikes = 100;  // pairs of a dimension

json::object rules_json(const rules::NameRules& rules, const rules::Dimensions& dimensions) {
  json::array ignored;
  if (rules.ignore_case) ignored.emplace_back("case");
  if (rules.ignore_spaces) ignored.emplace_back("spaces");
  if (rules.ignore_separators) ignored.emplace_back("separators");
  json::array prefixes, suffixes;
  for (const std::string& prefix : rules.prefixes) prefixes.emplace_back(text(prefix));
  for (const std::string& suffix : rules.suffixes) suffixes.emplace_back(text(suffix));
  json::object result;
  result["dimension"] = text(dimensions.names[rules.dimension]);
  result["ignore"] = std::move(ignored);
  result["prefixes"] = std::move(prefixes);
  result["suffixes"] = std::move(suffixes);
  result["aliases"] = rules.aliases.size();
  return result;
}

// By dimension and name, its spellings.
void add_merged(json::object& result, const rules::NameBook& names, const rules::Dimensions& dimensions) {
  json::array merged;
  std::size_t left_out = 0;
  std::pair<std::size_t, std::string> last{rules::Dimensions::kMost, ""};
  bool shown = false;
  for (const rules::Spelling& one : names.spellings()) {
    std::pair<std::size_t, std::string> of{one.dimension, one.name};
    if (of != last) {
      last = std::move(of);
      shown = merged.size() < kMostMerged;
      if (shown) {
        merged.push_back(json::object{{"dimension", text(dimensions.names[one.dimension])},
                                      {"name", text(one.name)},
                                      {"spellings", json::array()}});
      } else {
        ++left_out;
      }
    }
    if (!shown) continue;
    json::object spelling{{"spelling", text(one.spelling)}, {"source", text(one.source)}};
    spelling["firstMet"] = time_value(one.first_met);
    merged.back().get_object().at("spellings").get_array().push_back(std::move(spelling));
  }
  result["merged"] = std::move(merged);
  result["mergedLeftOut"] = left_out;
  result["spellingsForgotten"] = names.forgotten();
}

// Entities with a history under a spelling that is another name now.
void add_divided(json::object& result, const rules::Engine& engine, const rules::NameBook& names) {
  std::map<std::tuple<std::size_t, std::string, std::string>, std::size_t> divided;
  const rules::EntityTable& entities = engine.entities();
  for (rules::EntityIndex i = 0; i < entities.size() && !names.identity().empty(); ++i) {
    const rules::Entity& was = entities[i];
    const rules::Entity is = names.kept(was);
    for (std::size_t dimension = 0; dimension < was.path.size(); ++dimension) {
      if (was.path[dimension] != is.path[dimension])
        ++divided[{dimension, is.path[dimension], was.path[dimension]}];
    }
  }
  json::array list;
  for (const auto& [which, number] : divided) {
    if (list.size() == kMostDivided) break;
    const auto& [dimension, name, before] = which;
    list.push_back(json::object{{"dimension", text(engine.strategy().dimensions.names[dimension])},
                                {"name", text(name)},
                                {"before", text(before)},
                                {"entities", number}});
  }
  result["dividedLeftOut"] = divided.size() - list.size();
  result["divided"] = std::move(list);
}

// A line for `aliases:`, with the other names that stand there already. JSON's texts are YAML's.
std::string alias_line(const rules::LookAlike& pair, const rules::NameFolding* folding) {
  json::array others;
  std::string name = pair.name;
  if (const auto* alias = folding ? folding->alias_of(folding->key(pair.name)) : nullptr) {
    name = alias->name;
    for (const std::string& other : alias->others) others.emplace_back(text(other));
  }
  others.emplace_back(text(pair.other));
  return print(json::value(text(name))) + ": " + print(others);
}

void add_look_alikes(json::object& result, const rules::Engine& engine) {
  const rules::Strategy& strategy = engine.strategy();
  json::array list;
  std::size_t left_out = 0;
  for (std::size_t dimension = 0; dimension < strategy.dimensions.names.size(); ++dimension) {
    std::vector<std::string> names;  // in the order in which they came
    std::set<std::string_view> known;
    for (rules::EntityIndex i = 0; i < engine.entities().size(); ++i) {
      const std::string_view value = engine.entities()[i].at(dimension);
      if (!value.empty() && known.insert(value).second) names.emplace_back(value);
    }
    const rules::NameFolding* folding = strategy.identity.of(dimension).get();
    const rules::LookAlikes found = rules::look_alikes(names, folding, kMostLookAlikes);
    left_out += found.left_out;
    for (const rules::LookAlike& pair : found.pairs) {
      list.push_back(json::object{{"dimension", text(strategy.dimensions.names[dimension])},
                                  {"name", text(pair.name)},
                                  {"other", text(pair.other)},
                                  {"likeness", text(to_string(pair.likeness))},
                                  {"alias", text(alias_line(pair, folding))}});
    }
  }
  result["lookAlikes"] = std::move(list);
  result["lookAlikesLeftOut"] = left_out;
}

json::object client_json(const rules::Engine& engine, const rules::NameBook& names) {
  const rules::Strategy& strategy = engine.strategy();
  json::array rules;
  for (const auto& one : strategy.identity.rules()) rules.push_back(rules_json(one, strategy.dimensions));
  json::object result;
  result["client"] = text(strategy.client);
  result["at"] = time_value(engine.now());
  result["rules"] = std::move(rules);
  add_merged(result, names, strategy.dimensions);
  add_divided(result, engine, names);
  add_look_alikes(result, engine);
  return result;
}

}  // namespace

asio::awaitable<Response> get_identity(Api& api, const Request& request) {
  Parameters parameters(request, {"client", "limit", "cursor"});
  Page page(parameters, kDefaultClients, 1);
  ShowNames show = client_json;
  co_return co_await clients_page(api, parameters, std::move(page), std::move(show));
}

}  // namespace tightrope::daemon::http

// Metrics of prometheus-cpp by their labels' values, so that they can be removed again. Private to the
// metrics.
#pragma once

#include <prometheus/family.h>
#include <prometheus/registry.h>

#include <algorithm>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tightrope::daemon {

// A family whose label names are fixed, with each of its label sets by value. Not thread-safe: Families has
// the mutex.
template <class T>
class Labelled {
 public:
  using Values = std::vector<std::string>;

  Labelled(prometheus::Registry& registry, const char* name, const char* help,
           std::vector<std::string> label_names)
      : family_(prometheus::detail::Builder<T>().Name(name).Help(help).Register(registry)),
        names_(std::move(label_names)) {}

  // `arguments` are those of a metric that is new.
  template <class... Arguments>
  T& at(Values values, Arguments&&... arguments) {
    const auto found = metrics_.find(values);
    if (found != metrics_.end()) return *found->second;
    prometheus::Labels labels;
    for (std::size_t i = 0; i < names_.size(); ++i) labels[names_[i]] = values[i];
    T& made = family_.Add(labels, std::forward<Arguments>(arguments)...);
    metrics_.emplace(std::move(values), &made);
    return made;
  }

  // Where `name` is one of the labels: drops the label sets whose value of it is not in the list.
  void keep_only(std::string_view name, const std::vector<std::string>& list) {
    const auto label = std::find(names_.begin(), names_.end(), name);
    if (label == names_.end()) return;
    const auto index = static_cast<std::size_t>(label - names_.begin());
    std::erase_if(metrics_, [&](const auto& entry) {
      if (std::find(list.begin(), list.end(), entry.first[index]) != list.end()) return false;
      family_.Remove(entry.second);
      return true;
    });
  }

 private:
  prometheus::Family<T>& family_;
  std::vector<std::string> names_;
  std::map<Values, T*> metrics_;
};

}  // namespace tightrope::daemon

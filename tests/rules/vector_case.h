// One case of the reference vectors of the statistics: inputs, expected figures and tolerances, computed
// apart from this code. What a check sees of it, and how it says what is wrong.
#pragma once

#include <boost/json.hpp>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tightrope::rules::vectors {

// In the files `null` stands for minus infinity or for undefined; here it is nothing.
using Figure = std::optional<double>;

double number(const boost::json::value& value);
Figure figure(const boost::json::value& value);
std::vector<double> numbers(const boost::json::value& list);
// The member, or null when it is absent.
const boost::json::value& optional_member(const boost::json::object& object, std::string_view name);

// The first figure of a case that is off, written for people.
struct Difference {
  std::string what;
  std::string expected;
  std::string got;
};

class VectorCase {
 public:
  // Borrows `entry`. Throws when a part of the format is missing.
  explicit VectorCase(const boost::json::object& entry);

  const std::string& id() const noexcept { return id_; }
  const std::string& kind() const noexcept { return kind_; }
  const boost::json::value& input(std::string_view name) const { return inputs_->at(name); }
  const boost::json::object& inputs() const noexcept { return *inputs_; }
  const boost::json::value& expected(std::string_view name) const { return expected_->at(name); }
  bool expects(std::string_view name) const { return expected_->contains(name); }

  // Compares within the tolerances that speak of it: NAME_rel, NAME_abs, NAME alone (absolute), and `rel` and
  // `abs`, which speak of everything. Any one suffices. `name` is the tolerance's; by default `what`. Where
  // none speaks, or they say `exact`, it has to be the figure to the twelve digits that the files give.
  void compare(std::string_view what, Figure got, const boost::json::value& due, std::string_view name = "");
  // Entry by entry; a difference in length is one too.
  void compare_all(std::string_view what, std::span<const double> got, const boost::json::value& due,
                   std::string_view name = "");
  void compare_text(std::string_view what, std::string_view got, std::string_view due);
  void compare_index(std::string_view what, std::size_t got, const boost::json::value& due);
  void require(std::string_view what, bool holds);

  const std::vector<Difference>& differences() const noexcept { return differences_; }

 private:
  bool within(double got, double due, std::string_view name) const;

  std::string id_;
  std::string kind_;
  const boost::json::object* inputs_;
  const boost::json::object* expected_;
  const boost::json::object* tolerance_;
  std::vector<Difference> differences_;
};

// By kind.
using Checks = std::map<std::string, std::function<void(VectorCase&)>, std::less<>>;

// Those of each topic add theirs.
void add_budget_checks(Checks& checks);
void add_diagnosis_checks(Checks& checks);
void add_dispersion_checks(Checks& checks);
void add_evidence_checks(Checks& checks);
void add_false_discovery_checks(Checks& checks);
void add_maturity_checks(Checks& checks);
void add_outcome_checks(Checks& checks);
void add_pacing_checks(Checks& checks);

}  // namespace tightrope::rules::vectors

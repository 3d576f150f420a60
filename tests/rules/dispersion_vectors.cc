// Topic 1.4: how much days scatter.
#include "rules/dispersion.h"
#include "tests/rules/vector_case.h"

namespace tightrope::rules::vectors {
namespace {

namespace json = boost::json;

struct Campaign {
  std::vector<double> seen;
  std::vector<double> expected;
};

void check_nu_estimate(VectorCase& one) {
  std::vector<Campaign> campaigns;
  std::vector<DayMoments> moments;
  for (const json::value& entry : one.input("campaigns").as_array()) {
    const json::object& given = entry.as_object();
    const Campaign& campaign = campaigns.emplace_back(
        Campaign{.seen = numbers(given.at("n")), .expected = numbers(given.at("lambda"))});
    DayMoments& sums = moments.emplace_back();
    for (std::size_t day = 0; day < campaign.seen.size(); ++day) {
      sums.add(campaign.seen[day], campaign.expected.at(day));
    }
  }
  ClientDispersion client = client_dispersion(moments);
  DayCorrelation correlation(client);
  for (std::size_t i = 0; i < campaigns.size(); ++i) {
    correlation.add(moments[i], campaigns[i].seen, campaigns[i].expected);
  }
  client.correlation = correlation.value();

  one.compare("nu_client", client.day_variance, one.expected("nu_client"));
  one.compare("rho", client.correlation, one.expected("rho"));
  std::vector<double> variances;
  for (const DayMoments& campaign : moments) variances.push_back(day_variance_of(campaign, client));
  one.compare_all("nu", variances, one.expected("nu"));
}

}  // namespace

void add_dispersion_checks(Checks& checks) {
  checks["nu_estimate"] = check_nu_estimate;
}

}  // namespace tightrope::rules::vectors

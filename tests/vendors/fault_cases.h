// Every vendor with every fault that it can have.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "tests/vendors/simulator.h"

namespace tightrope::vendors {

struct FaultCase {
  NamedVendor vendor;
  std::string name;  // of the test: "google_ads_Throttled_RESOURCE_EXHAUSTED_OnTheSecondRequest"
  Fault fault;
};
std::ostream& operator<<(std::ostream& out, const FaultCase& fault);

std::vector<FaultCase> fault_cases();

}  // namespace tightrope::vendors

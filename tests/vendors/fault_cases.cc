#include "tests/vendors/fault_cases.h"

#include <ostream>
#include <utility>

namespace tightrope::vendors {
namespace {

const std::vector<std::pair<FaultKind, const char*>>& common_faults() {
  static const std::vector<std::pair<FaultKind, const char*>> kFaults{
      {FaultKind::server_error, "ServerError500"}, {FaultKind::unavailable, "Unavailable503"},
      {FaultKind::bad_gateway, "BadGateway502"},   {FaultKind::cut_connection, "ConnectionCut"},
      {FaultKind::no_answer, "NoAnswer"},          {FaultKind::truncated_body, "TruncatedBody"},
      {FaultKind::error_in_200, "ErrorInside200"}, {FaultKind::html_in_200, "HtmlPageInside200"},
      {FaultKind::empty_200, "EmptyBody"},         {FaultKind::slow, "Slow"},
      {FaultKind::never_answers, "NeverAnswers"}};
  return kFaults;
}

const char* name_of(PageFault fault) {
  switch (fault) {
    case PageFault::none:
      break;
    case PageFault::half:
      return "HalfAPageAndAnError";
    case PageFault::repeats:
      return "PageThatLeadsToItself";
    case PageFault::foreign:
      return "NextPageOnAForeignHost";
    case PageFault::empty:
      return "EmptyPageBeforeTheEnd";
  }
  return "None";
}

const char* name_of(JobFault fault) {
  switch (fault) {
    case JobFault::none:
      break;
    case JobFault::fails:
      return "ReportFails";
    case JobFault::skipped:
      return "ReportIsSkipped";
    case JobFault::slow:
      return "ReportTakesLong";
  }
  return "None";
}

// On the first request, and where there is always another, on the second: then half of a read is done.
class CaseList {
 public:
  explicit CaseList(const NamedVendor& vendor, const VendorFacts& facts) : vendor_(vendor), facts_(facts) {}

  void everywhere(const std::string& name, Fault fault) {
    add(name, fault);
    if (facts_.least_requests < 2) return;
    fault.at = 1;
    add(name + "_OnTheSecondRequest", fault);
    if (facts_.also_at == 0) return;
    fault.at = facts_.also_at;
    add(name + "_OnTheLastRequest", fault);
  }
  void add(const std::string& name, Fault fault) {
    cases_.push_back({vendor_, std::string(vendor_.name) + '_' + name, fault});
  }
  std::vector<FaultCase> take() { return std::move(cases_); }

 private:
  const NamedVendor& vendor_;
  const VendorFacts& facts_;
  std::vector<FaultCase> cases_;
};

std::vector<FaultCase> cases_of(const NamedVendor& named) {
  const auto vendor = named.make();
  const VendorFacts facts = vendor->facts();
  CaseList list(named, facts);
  for (const auto& [kind, name] : common_faults()) list.everywhere(name, {.kind = kind});
  list.add("ServerError500_ThreeTimes", {.kind = FaultKind::server_error, .times = 3});
  const auto throttles = vendor->throttles();
  for (std::size_t i = 0; i < throttles.size(); ++i) {
    list.everywhere("Throttled_" + throttles[i].name, {.kind = FaultKind::throttled, .throttle = i});
    list.add("Throttled_" + throttles[i].name + "_Twice",
             {.kind = FaultKind::throttled, .times = 2, .throttle = i});
  }
  if (facts.oauth) {
    list.everywhere("ExpiredToken", {.kind = FaultKind::expired_token});
    list.add("TokenServerError500", {.kind = FaultKind::token_server_error});
  } else {
    list.everywhere("RefusedKey", {.kind = FaultKind::refused_key});
  }
  for (const PageFault fault : facts.page_faults) {
    const Fault of_page{.kind = FaultKind::page, .page = fault};
    // A page leads to itself only where it was asked for by name: the first one was not.
    if (fault == PageFault::repeats) {
      list.add(name_of(fault), of_page);
    } else {
      list.everywhere(name_of(fault), of_page);
    }
  }
  for (const JobFault fault : facts.job_faults)
    list.add(name_of(fault), {.kind = FaultKind::job, .job = fault});
  return list.take();
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const FaultCase& fault) {
  return out << fault.name;
}

std::vector<FaultCase> fault_cases() {
  std::vector<FaultCase> all;
  for (const NamedVendor& vendor : all_vendors()) {
    for (FaultCase& one : cases_of(vendor)) all.push_back(std::move(one));
  }
  return all;
}

}  // namespace tightrope::vendors

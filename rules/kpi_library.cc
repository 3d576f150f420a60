// The standard figures of marketing, as sums over sums. Whoever adds one gives its unit, the direction that
// is better and one line that a person who does not know the abbreviation understands; tests compile all of
// them.
#include "rules/kpi_library.h"

#include <array>

namespace tightrope::rules {
namespace {

using enum Better;

constexpr BuiltInMetric count(std::string_view name, Better better, std::string_view meaning) {
  return {name, Unit::count, true, better, meaning};
}
constexpr BuiltInMetric money(std::string_view name, Better better, std::string_view meaning) {
  return {name, Unit::money, true, better, meaning};
}
constexpr BuiltInMetric duration(std::string_view name, Better better, std::string_view meaning) {
  return {name, Unit::duration, true, better, meaning};
}
// Never summed: the same person is reached on Monday and on Tuesday, by one campaign and by another.
constexpr BuiltInMetric not_additive(std::string_view name, Unit unit, std::string_view meaning) {
  return {name, unit, false, neither, meaning};
}

constexpr std::array kMetrics{
    // Money
    money("spend", neither, "what the advertising cost"),
    money("revenue", higher, "value of what was sold, before refunds"),
    money("refunds", lower, "money given back to customers"),
    money("profit", higher, "revenue less refunds, goods and advertising"),
    money("strategy_spend", higher, "the part of the spend that serves a strategic objective"),
    // Paid media
    count("impressions", higher, "how often ads were shown"),
    count("viewable_impressions", higher, "impressions that could be seen"),
    count("eligible_impressions", neither, "impressions the ads could have had"),
    count("impressions_lost_rank", lower, "eligible impressions lost for a low rank in the auction"),
    count("impressions_lost_budget", lower, "eligible impressions lost for lack of budget"),
    count("clicks", higher, "clicks on ads"),
    count("engagements", higher, "likes, comments, shares and clicks on posts and ads"),
    count("video_views", higher, "views of videos as the channel counts them"),
    count("video_completions", higher, "videos seen to their end"),
    count("installs", higher, "installations of the app"),
    not_additive("reach", Unit::count, "different people who saw the ads"),
    not_additive("users", Unit::count, "different visitors"),
    not_additive("average_position", Unit::number, "average place of the ads on the page"),
    // Site and sales
    count("sessions", higher, "visits to the site"),
    count("bounces", lower, "visits that saw one page only"),
    count("page_views", higher, "pages seen"),
    count("carts", higher, "baskets that were filled"),
    count("checkouts", higher, "checkouts that were begun"),
    count("conversions", higher, "the actions the advertising is for, as the channel counts them"),
    count("leads", higher, "contacts won"),
    count("qualified_leads", higher, "leads that sales accepted"),
    count("opportunities", higher, "leads that became a sales opportunity"),
    count("orders", higher, "orders placed"),
    count("repeat_orders", higher, "orders of customers who had ordered before"),
    count("returns", lower, "orders sent back"),
    count("trials", higher, "trials begun"),
    // Customers
    count("customers", higher, "customers who ordered, new and known"),
    count("new_customers", higher, "customers who ordered for the first time"),
    count("customers_at_start", neither,
          "customers at the start of the period, reported once, on its first day"),
    count("churned_customers", lower, "customers who left"),
    count("promoters", higher, "answers of 9 or 10 to the question whether one would recommend"),
    count("detractors", lower, "answers of 0 to 6 to that question"),
    count("survey_responses", higher, "answers to the survey"),
    count("ratings", higher, "ratings given"),
    count("rating_sum", neither, "the ratings' stars, added up"),
    count("responses", neither, "enquiries that were answered"),
    // E-mail
    count("emails_sent", neither, "messages sent"),
    count("emails_delivered", higher, "messages that arrived"),
    count("opens", higher, "messages that were opened"),
    count("email_clicks", higher, "messages in which a link was followed"),
    count("unsubscribes", lower, "readers who left the list"),
    count("spam_complaints", lower, "messages reported as spam"),
    // Time of people
    duration("hours", neither, "hours worked"),
    duration("strategy_hours", higher, "hours worked on strategy"),
    duration("execution_hours", neither, "hours worked on carrying campaigns out"),
    duration("response_hours", lower, "hours that enquiries waited for their first answer, added up"),
};

constexpr std::array kKpis{
    // What things cost
    BuiltInKpi{"cpm", "1000 * spend / impressions", Unit::money, lower, "cost of a thousand impressions"},
    BuiltInKpi{"vcpm", "1000 * spend / viewable_impressions", Unit::money, lower,
               "cost of a thousand impressions that could be seen"},
    BuiltInKpi{"cpc", "spend / clicks", Unit::money, lower, "cost of a click"},
    BuiltInKpi{"cpa", "spend / conversions", Unit::money, lower, "cost of a conversion"},
    BuiltInKpi{"cpl", "spend / leads", Unit::money, lower, "cost of a lead"},
    BuiltInKpi{"cpql", "spend / qualified_leads", Unit::money, lower, "cost of a qualified lead"},
    BuiltInKpi{"cpo", "spend / orders", Unit::money, lower, "cost of an order"},
    BuiltInKpi{"cps", "spend / sessions", Unit::money, lower, "cost of a visit"},
    BuiltInKpi{"cpv", "spend / video_views", Unit::money, lower, "cost of a video view"},
    BuiltInKpi{"cpcv", "spend / video_completions", Unit::money, lower, "cost of a video seen to its end"},
    BuiltInKpi{"cac", "spend / new_customers", Unit::money, lower, "cost of winning a new customer"},
    BuiltInKpi{"cost_per_engagement", "spend / engagements", Unit::money, lower, "cost of an engagement"},
    BuiltInKpi{"cost_per_install", "spend / installs", Unit::money, lower, "cost of an installation"},
    BuiltInKpi{"cost_per_trial", "spend / trials", Unit::money, lower, "cost of a trial"},
    // What they bring
    BuiltInKpi{"roas", "revenue / spend", Unit::ratio, higher, "revenue per unit of advertising spend"},
    BuiltInKpi{"mer", "revenue / spend", Unit::ratio, higher,
               "revenue of the whole business per unit of all marketing spend"},
    BuiltInKpi{"acos", "spend / revenue", Unit::ratio, lower, "advertising spend as a share of its revenue"},
    BuiltInKpi{"aov", "revenue / conversions", Unit::money, higher, "value of an average conversion (order)"},
    BuiltInKpi{"rps", "revenue / sessions", Unit::money, higher, "revenue of an average visit"},
    BuiltInKpi{"rpc", "revenue / clicks", Unit::money, higher, "revenue of an average click"},
    BuiltInKpi{"net_revenue", "revenue - refunds", Unit::money, higher, "revenue less refunds"},
    BuiltInKpi{"profit_margin", "profit / revenue", Unit::ratio, higher, "profit as a share of revenue"},
    BuiltInKpi{"poas", "profit / spend", Unit::ratio, higher, "profit per unit of advertising spend"},
    BuiltInKpi{"refund_rate", "refunds / revenue", Unit::ratio, lower, "share of revenue that is given back"},
    BuiltInKpi{"return_rate", "returns / orders", Unit::ratio, lower, "share of orders that are sent back"},
    // How often one thing leads to the next
    BuiltInKpi{"ctr", "clicks / impressions", Unit::ratio, higher, "share of impressions that are clicked"},
    BuiltInKpi{"cvr", "conversions / clicks", Unit::ratio, higher, "share of clicks that convert"},
    BuiltInKpi{"session_cvr", "conversions / sessions", Unit::ratio, higher, "share of visits that convert"},
    BuiltInKpi{"landing_rate", "sessions / clicks", Unit::ratio, higher,
               "visits per click: a fall means that the page or its tracking fails"},
    BuiltInKpi{"lead_rate", "leads / clicks", Unit::ratio, higher, "share of clicks that become leads"},
    BuiltInKpi{"qualified_rate", "qualified_leads / leads", Unit::ratio, higher,
               "share of leads that sales accepts"},
    BuiltInKpi{"opportunity_rate", "opportunities / qualified_leads", Unit::ratio, higher,
               "share of qualified leads that become a sales opportunity"},
    BuiltInKpi{"install_rate", "installs / clicks", Unit::ratio, higher, "share of clicks that install"},
    BuiltInKpi{"trial_rate", "trials / clicks", Unit::ratio, higher, "share of clicks that begin a trial"},
    BuiltInKpi{"bounce_rate", "bounces / sessions", Unit::ratio, lower,
               "share of visits that see one page only"},
    BuiltInKpi{"pages_per_session", "page_views / sessions", Unit::ratio, higher,
               "pages seen in an average visit"},
    BuiltInKpi{"cart_rate", "carts / sessions", Unit::ratio, higher, "share of visits that fill a basket"},
    BuiltInKpi{"cart_abandonment_rate", "(carts - orders) / carts", Unit::ratio, lower,
               "share of filled baskets that are not ordered"},
    BuiltInKpi{"checkout_rate", "orders / checkouts", Unit::ratio, higher,
               "share of checkouts that become orders"},
    // Attention
    BuiltInKpi{"frequency", "impressions / reach", Unit::ratio, neither,
               "how often one person saw the ads, where the channel reports reach for the very window"},
    BuiltInKpi{"engagement_rate", "engagements / impressions", Unit::ratio, higher,
               "share of impressions that people engage with"},
    BuiltInKpi{"view_rate", "video_views / impressions", Unit::ratio, higher,
               "share of impressions that are viewed"},
    BuiltInKpi{"video_completion_rate", "video_completions / video_views", Unit::ratio, higher,
               "share of video views that reach the end"},
    BuiltInKpi{"viewability", "viewable_impressions / impressions", Unit::ratio, higher,
               "share of impressions that could be seen"},
    BuiltInKpi{"impression_share", "impressions / eligible_impressions", Unit::ratio, higher,
               "share of the possible impressions that the ads had"},
    BuiltInKpi{"impression_share_lost_rank", "impressions_lost_rank / eligible_impressions", Unit::ratio,
               lower, "share of the possible impressions lost for a low rank in the auction"},
    BuiltInKpi{"impression_share_lost_budget", "impressions_lost_budget / eligible_impressions", Unit::ratio,
               lower, "share of the possible impressions lost for lack of budget"},
    // E-mail
    BuiltInKpi{"delivery_rate", "emails_delivered / emails_sent", Unit::ratio, higher,
               "share of messages that arrive"},
    BuiltInKpi{"open_rate", "opens / emails_delivered", Unit::ratio, higher,
               "share of delivered messages that are opened"},
    BuiltInKpi{"email_ctr", "email_clicks / emails_delivered", Unit::ratio, higher,
               "share of delivered messages in which a link is followed"},
    BuiltInKpi{"click_to_open_rate", "email_clicks / opens", Unit::ratio, higher,
               "share of opened messages in which a link is followed"},
    BuiltInKpi{"unsubscribe_rate", "unsubscribes / emails_delivered", Unit::ratio, lower,
               "share of delivered messages after which the reader leaves the list"},
    BuiltInKpi{"spam_complaint_rate", "spam_complaints / emails_delivered", Unit::ratio, lower,
               "share of delivered messages reported as spam"},
    // Customers
    BuiltInKpi{"new_customer_share", "new_customers / customers", Unit::ratio, higher,
               "share of customers who order for the first time"},
    BuiltInKpi{"repeat_rate", "repeat_orders / orders", Unit::ratio, higher,
               "share of orders by customers who had ordered before"},
    BuiltInKpi{"churn_rate", "churned_customers / customers_at_start", Unit::ratio, lower,
               "share of the customers at the start of the period who left in it"},
    BuiltInKpi{"retention_rate", "(customers_at_start - churned_customers) / customers_at_start", Unit::ratio,
               higher, "share of the customers at the start of the period who stayed"},
    BuiltInKpi{"nps", "(promoters - detractors) / survey_responses", Unit::ratio, higher,
               "net promoter score: promoters less detractors, as a share of answers"},
    BuiltInKpi{"average_rating", "rating_sum / ratings", Unit::ratio, higher, "stars of an average rating"},
    BuiltInKpi{"first_response_time", "response_hours / responses", Unit::duration, lower,
               "how long an average enquiry waits for its first answer"},
    // Strategy against execution
    BuiltInKpi{"strategy_time_share", "strategy_hours / hours", Unit::ratio, higher,
               "share of working time spent on strategy"},
    BuiltInKpi{"execution_time_share", "execution_hours / hours", Unit::ratio, neither,
               "share of working time spent on carrying campaigns out"},
    BuiltInKpi{"strategy_spend_share", "strategy_spend / spend", Unit::ratio, higher,
               "share of spend that serves a strategic objective"},
};

// What a KPI is the product of. Each row is an identity of the formulas above, up to a constant.
struct FactorRow {
  std::string_view kpi;
  std::array<Factor, 4> factors;
  std::size_t count;
};
constexpr std::array kFactors{
    FactorRow{"cpa", {{{"cpc", 1}, {"cvr", -1}}}, 2},
    FactorRow{"cpl", {{{"cpc", 1}, {"lead_rate", -1}}}, 2},
    FactorRow{"cpql", {{{"cpc", 1}, {"lead_rate", -1}, {"qualified_rate", -1}}}, 3},
    FactorRow{"cpc", {{{"cpm", 1}, {"ctr", -1}}}, 2},
    FactorRow{"cps", {{{"cpc", 1}, {"landing_rate", -1}}}, 2},
    FactorRow{"cpv", {{{"cpm", 1}, {"view_rate", -1}}}, 2},
    FactorRow{"cost_per_engagement", {{{"cpm", 1}, {"engagement_rate", -1}}}, 2},
    FactorRow{"cost_per_install", {{{"cpc", 1}, {"install_rate", -1}}}, 2},
    FactorRow{"cost_per_trial", {{{"cpc", 1}, {"trial_rate", -1}}}, 2},
    FactorRow{"roas", {{{"cvr", 1}, {"aov", 1}, {"cpc", -1}}}, 3},
    FactorRow{"mer", {{{"cvr", 1}, {"aov", 1}, {"cpc", -1}}}, 3},
    FactorRow{"acos", {{{"cpc", 1}, {"cvr", -1}, {"aov", -1}}}, 3},
    FactorRow{"rpc", {{{"cvr", 1}, {"aov", 1}}}, 2},
    FactorRow{"rps", {{{"session_cvr", 1}, {"aov", 1}}}, 2},
    FactorRow{"email_ctr", {{{"open_rate", 1}, {"click_to_open_rate", 1}}}, 2},
    FactorRow{"revenue", {{{"spend", 1}, {"cpc", -1}, {"cvr", 1}, {"aov", 1}}}, 4},
    FactorRow{"conversions", {{{"clicks", 1}, {"cvr", 1}}}, 2},
    FactorRow{"leads", {{{"clicks", 1}, {"lead_rate", 1}}}, 2},
    FactorRow{"qualified_leads", {{{"leads", 1}, {"qualified_rate", 1}}}, 2},
    FactorRow{"clicks", {{{"impressions", 1}, {"ctr", 1}}}, 2},
    FactorRow{"impressions", {{{"spend", 1}, {"cpm", -1}}}, 2},
    FactorRow{"sessions", {{{"clicks", 1}, {"landing_rate", 1}}}, 2},
    FactorRow{"installs", {{{"clicks", 1}, {"install_rate", 1}}}, 2},
    FactorRow{"trials", {{{"clicks", 1}, {"trial_rate", 1}}}, 2},
};

}  // namespace

std::span<const BuiltInMetric> built_in_metrics() noexcept {
  return kMetrics;
}

std::span<const BuiltInKpi> built_in_kpis() noexcept {
  return kKpis;
}

std::span<const Factor> factors_of(std::string_view kpi) noexcept {
  for (const FactorRow& row : kFactors) {
    if (row.kpi == kpi) return std::span(row.factors).first(row.count);
  }
  return {};
}

}  // namespace tightrope::rules

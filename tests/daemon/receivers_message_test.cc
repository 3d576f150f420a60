// What receivers are sent, as golden files. Rewrite with TIGHTROPE_UPDATE_GOLDEN=1, and read them as they
// would arrive.
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <functional>
#include <set>
#include <string>

#include "daemon/receivers/alert_json.h"
#include "daemon/receivers/message_text.h"
#include "daemon/receivers/slack.h"
#include "daemon/receivers/webhook.h"
#include "tests/daemon/example_alerts.h"
#include "tests/daemon/golden_file.h"

namespace tightrope::daemon {
namespace {

namespace json = boost::json;
using testing::expect_golden;
using testing::pretty_json;

const MessageLinks kLinks{"http://tightrope.example:9870"};

Notification notification(std::vector<rules::Alert> firing, std::vector<rules::Alert> resolved) {
  Notification made;
  made.id = "0123456789abcdef";
  made.receiver = "oncall";
  made.group_key = "{}:{client=\"acme\", objective=\"trial_signups\"}";
  made.group_labels = {{"client", "acme"}, {"objective", "trial_signups"}};
  made.firing = std::move(firing);
  made.resolved = std::move(resolved);
  made.firing_news = !made.firing.empty();
  made.made_at = testing::kEvening + std::chrono::seconds(30);
  bool first = true;
  for (const auto* alerts : {&made.firing, &made.resolved}) {
    for (const rules::Alert& alert : *alerts) {
      const Labels labels = labels_of(alert);
      if (first) made.common_labels = labels;
      first = false;
      std::erase_if(made.common_labels, [&labels](const auto& label) {
        const auto found = labels.find(label.first);
        return found == labels.end() || found->second != label.second;
      });
    }
  }
  return made;
}

TEST(WebhookPayloadTest, OneFiringAlert) {
  expect_golden("webhook_firing.json.txt",
                pretty_json(webhook_payload(notification({testing::firing_cpa()}, {}), 0, kLinks)));
}

TEST(WebhookPayloadTest, FiringAndResolvedTogether) {
  expect_golden("webhook_mixed.json.txt",
                pretty_json(webhook_payload(notification({testing::firing_pace()}, {testing::resolved_cpa()}),
                                            0, kLinks)));
}

TEST(WebhookPayloadTest, AlertsBeyondTheLimitAreCounted) {
  const Notification three =
      notification({testing::firing_cpa(), testing::firing_pace()}, {testing::resolved_cpa()});
  const json::value payload = json::parse(webhook_payload(three, 1, kLinks));
  EXPECT_EQ(payload.at("truncatedAlerts").to_number<int>(), 2);
  ASSERT_EQ(payload.at("alerts").as_array().size(), 1u);
  EXPECT_EQ(payload.at("alerts").at(0).at("status").as_string(), "firing");
}

TEST(WebhookPayloadTest, OnlyResolvedAlertsMakeAResolvedMessage) {
  const json::value payload =
      json::parse(webhook_payload(notification({}, {testing::resolved_cpa()}), 0, kLinks));
  EXPECT_EQ(payload.at("status").as_string(), "resolved");
  EXPECT_EQ(payload.at("alerts").at(0).at("endsAt").as_string(), "2026-11-21T00:24:00Z");
}

TEST(WebhookPayloadTest, BytesThatAreNotTextAreReplaced) {
  rules::Alert alert = testing::firing_cpa();
  alert.dimensions[1].second = "br\xe4nd";
  const json::value payload = json::parse(webhook_payload(notification({alert}, {}), 0, kLinks));
  EXPECT_EQ(payload.at("alerts").at(0).at("labels").at("campaign").as_string(), "br\xef\xbf\xbdnd");
}

// The configuration warns of routes that name another label.
TEST(LabelsTest, AreThoseThatTheConfigurationKnows) {
  rules::Alert alert = testing::firing_cpa();
  alert.dimensions.clear();
  alert.owner = "ann";
  std::set<std::string, std::less<>> known(config::kAlertLabels.begin(), config::kAlertLabels.end());
  for (const auto& [label, value] : labels_of(alert)) EXPECT_EQ(known.erase(label), 1u) << label;
  EXPECT_TRUE(known.empty()) << *known.begin();
}

TEST(FingerprintTest, IsPrometheusOwn) {
  // FNV-1a over name, 0xff, value, 0xff in order of names; of no labels it is the offset basis.
  EXPECT_EQ(fingerprint({}), "cbf29ce484222325");
  EXPECT_EQ(fingerprint(labels_of(testing::firing_cpa())), fingerprint(labels_of(testing::resolved_cpa())));
  EXPECT_NE(fingerprint({{"ab", "c"}}), fingerprint({{"a", "bc"}}));
}

TEST(SlackMessageTest, OneFiringAlert) {
  expect_golden("slack_firing.json.txt",
                pretty_json(slack_message(notification({testing::firing_cpa()}, {}), "#growth", kLinks)));
}

TEST(SlackMessageTest, SeveralClientsAndStates) {
  expect_golden("slack_mixed.json.txt",
                pretty_json(slack_message(
                    notification({testing::firing_cpa(), testing::firing_churn()}, {testing::resolved_cpa()}),
                    "", kLinks)));
}

TEST(SlackMessageTest, ResolvedAlert) {
  expect_golden("slack_resolved.json.txt",
                pretty_json(slack_message(notification({}, {testing::resolved_cpa()}), "", MessageLinks{})));
}

TEST(SlackMessageTest, ShowsTenAlertsAndCountsTheRest) {
  std::vector<rules::Alert> many(17, testing::firing_cpa());
  const std::string text = slack_message(notification(many, {}), "", kLinks);
  const json::value message = json::parse(text);
  const std::string first(message.at("text").as_string());
  EXPECT_TRUE(
      first.starts_with("*acme, search / trial-brand: CPA 41.20\xc2\xa0"
                        "EUR"))
      << first;
  EXPECT_TRUE(first.ends_with("(and 16 more)*")) << first;
  std::size_t blocks = 0;
  for (const json::value& bar : message.at("attachments").as_array())
    blocks += bar.at("blocks").as_array().size();
  EXPECT_EQ(blocks, 11u);
  EXPECT_NE(text.find("and 7 more"), std::string::npos);
}

TEST(SlackMessageTest, NoTextBecomesAMentionAndNoSectionIsTooLong) {
  rules::Alert alert = testing::firing_cpa();
  alert.dimensions[1].second = "<!channel> & <http://evil|click>";
  alert.reason = std::string(9000, '&');
  alert.recommendations[0].text = std::string(9000, '<');
  const json::value message = json::parse(slack_message(notification({alert}, {}), "", kLinks));
  const std::string first(message.at("text").as_string());
  EXPECT_EQ(first.find("<!"), std::string::npos);
  EXPECT_NE(first.find("&lt;!channel&gt; &amp; &lt;http"), std::string::npos) << first;
  const std::string text(
      message.at("attachments").at(0).at("blocks").at(0).at("text").at("text").as_string());
  EXPECT_EQ(text.find("<!"), std::string::npos);
  EXPECT_NE(text.find("&lt;&lt;"), std::string::npos) << text;
  EXPECT_LE(text.size(), 3000u);
}

TEST(MessageTextTest, CutsBetweenCharactersAndNeverWithinAnEscape) {
  EXPECT_EQ(slack_escaped("a&b", 100), "a&amp;b");
  EXPECT_EQ(slack_escaped("aaaaaaaaaa", 10), "aaaaaaaaaa");
  EXPECT_EQ(slack_escaped("aaaaaaaaaaa", 10), "aaaaaaa\xe2\x80\xa6");
  for (std::size_t most = 3; most < 40; ++most) {
    const std::string cut = slack_escaped("\xc3\xa4&<>\xe2\x82\xac&&&&&&&&&&&", most);
    EXPECT_LE(cut.size(), most);
    EXPECT_EQ(valid_utf8(cut), cut);
    const std::size_t last = cut.rfind('&');
    if (last != std::string::npos) {
      EXPECT_NE(cut.find(';', last), std::string::npos) << cut;
    }
  }
  EXPECT_EQ(shortened("\xc3\xa4\xc3\xa4\xc3\xa4", 5), "\xc3\xa4\xe2\x80\xa6");
  EXPECT_EQ(shortened("abc", 3), "abc");
}

TEST(MessageTextTest, OnlyValidUtf8Passes) {
  const std::string replaced = "\xef\xbf\xbd";
  EXPECT_EQ(valid_utf8("\xf0\x9f\x98\x80 ok"), "\xf0\x9f\x98\x80 ok");
  EXPECT_EQ(valid_utf8("\xc0\x80"), replaced + replaced);                 // over-long
  EXPECT_EQ(valid_utf8("\xed\xa0\x80"), replaced + replaced + replaced);  // a surrogate
  EXPECT_EQ(valid_utf8("\xe2\x82"), replaced + replaced);                 // cut short
  EXPECT_EQ(valid_utf8("\xf4\x90\x80\x80"), replaced + replaced + replaced + replaced);
}

}  // namespace
}  // namespace tightrope::daemon

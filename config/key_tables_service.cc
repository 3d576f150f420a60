// Keys of the file as a whole, of receivers and routes, and of the daemon itself.
#include <array>

#include "config/key_table.h"

namespace tightrope::config {
namespace {

constexpr std::array<Key, 12> kTop{{
    {.name = "include", .shape = Shape::texts, .about = "Further files, relative to this one; * and ? match"},
    {.name = "dimensions",
     .shape = Shape::names,
     .about = "From coarse to fine; channel, campaign, ad_group, ad unless given"},
    {.name = "metrics",
     .shape = Shape::mappings,
     .about = "Metrics beside the built-in ones",
     .table = &kMetricKeys},
    {.name = "kpis", .shape = Shape::mappings, .about = "KPIs beside the built-in ones", .table = &kKpiKeys},
    {.name = "sources", .shape = Shape::mappings, .about = "Where figures come from", .table = &kSourceKeys},
    {.name = "clients",
     .shape = Shape::mappings,
     .about = "Whose campaigns are watched",
     .table = &kClientKeys},
    {.name = "playbooks", .shape = Shape::mappings, .about = "What to advise when", .table = &kPlaybookKeys},
    {.name = "receivers", .shape = Shape::mappings, .about = "Whom alerts reach", .table = &kReceiverKeys},
    {.name = "route",
     .shape = Shape::mapping,
     .about = "Which alerts go to which receiver",
     .table = &kRouteKeys},
    {.name = "export",
     .shape = Shape::mappings,
     .about = "Which KPIs become series at which levels",
     .table = &kExportKeys},
    {.name = "journal", .shape = Shape::mapping, .about = "How history is kept", .table = &kJournalKeys},
    {.name = "http",
     .shape = Shape::mapping,
     .about = "Limits and access of the HTTP interface",
     .table = &kHttpKeys},
}};

constexpr std::array<Key, 5> kReceiver{{
    {.name = "name", .shape = Shape::name, .about = "Unique among receivers", .required = true},
    {.name = "webhook",
     .shape = Shape::one_or_more,
     .about = "Alertmanager's webhook payload, version 4",
     .table = &kWebhookKeys},
    {.name = "alertmanager",
     .shape = Shape::one_or_more,
     .about = "An Alertmanager that alerts are handed to",
     .table = &kAlertmanagerKeys},
    {.name = "slack",
     .shape = Shape::one_or_more,
     .about = "An incoming webhook of Slack",
     .table = &kSlackKeys},
    {.name = "allow_private_addresses",
     .shape = Shape::boolean,
     .about = "Its URLs may lead to loopback and private networks; true unless given"},
}};

constexpr std::array<Key, 4> kWebhook{{
    {.name = "url",
     .shape = Shape::secret,
     .about = "Where to post; often carries a token",
     .required = true},
    {.name = "bearer_token", .shape = Shape::secret, .about = "Sent as Authorization: Bearer"},
    {.name = "max_alerts", .shape = Shape::integer, .about = "Of one notification; 0, the default, is all"},
    {.name = "send_resolved", .shape = Shape::boolean, .about = "true unless given"},
}};

constexpr std::array<Key, 2> kAlertmanager{{
    {.name = "urls",
     .shape = Shape::texts,
     .about = "Bases such as http://127.0.0.1:9093; each gets every alert",
     .required = true},
    {.name = "resend_every", .shape = Shape::duration, .about = "While an alert fires; 1m unless given"},
}};

constexpr std::array<Key, 3> kSlack{{
    {.name = "webhook_url",
     .shape = Shape::secret,
     .about = "The incoming webhook's address",
     .required = true},
    {.name = "channel", .shape = Shape::text, .about = "#channel or @user; the webhook's own unless given"},
    {.name = "send_resolved", .shape = Shape::boolean, .about = "true unless given"},
}};

constexpr std::array<Key, 8> kRoute{{
    {.name = "receiver", .shape = Shape::name, .about = "A receiver's name; the parent's unless given"},
    {.name = "matchers",
     .shape = Shape::texts,
     .about = "severity=\"page\", client=~\"acme|beta\"; all must hold"},
    {.name = "group_by", .shape = Shape::texts, .about = "Labels that share a notification; \"...\" is all"},
    {.name = "group_wait",
     .shape = Shape::duration,
     .about = "Before a new group's first notification; 30s unless given"},
    {.name = "group_interval",
     .shape = Shape::duration,
     .about = "Before a changed group's next one; 5m unless given"},
    {.name = "repeat_interval",
     .shape = Shape::duration,
     .about = "Before an unchanged one is sent again; 4h unless given"},
    {.name = "continue",
     .shape = Shape::boolean,
     .about = "Also try the routes after this one; false unless given"},
    {.name = "routes",
     .shape = Shape::mappings,
     .about = "The first that matches takes the alert",
     .table = &kRouteKeys},
}};

constexpr std::array<Key, 2> kExport{{
    {.name = "kpi", .shape = Shape::text, .about = "A KPI's name; * and ? match", .required = true},
    {.name = "levels", .shape = Shape::names, .about = "objective or dimensions", .required = true},
}};

constexpr std::array<Key, 3> kJournal{{
    {.name = "retention", .shape = Shape::duration, .about = "Older events are dropped; 400d unless given"},
    {.name = "snapshot_every", .shape = Shape::duration, .about = "5m unless given"},
    {.name = "queue",
     .shape = Shape::size,
     .about = "Waiting to be written; beyond it pushes are put off. 64MiB unless given"},
}};

constexpr std::array<Key, 4> kHttp{{
    {.name = "max_body", .shape = Shape::size, .about = "Of one request; 16MiB unless given"},
    {.name = "max_connections", .shape = Shape::integer, .about = "512 unless given"},
    {.name = "timeout", .shape = Shape::duration, .about = "For one request; 30s unless given"},
    {.name = "bearer_token",
     .shape = Shape::secret,
     .about = "Wanted from callers, /-/healthy and /-/ready excepted"},
}};

}  // namespace

const Key* KeyTable::find(std::string_view name) const noexcept {
  for (const Key& key : keys) {
    if (key.name == name) return &key;
  }
  return nullptr;
}

const KeyTable kTopKeys{"configuration", kTop};
const KeyTable kReceiverKeys{"receiver", kReceiver};
const KeyTable kWebhookKeys{"webhook", kWebhook};
const KeyTable kAlertmanagerKeys{"alertmanager", kAlertmanager};
const KeyTable kSlackKeys{"slack", kSlack};
const KeyTable kRouteKeys{"route", kRoute};
const KeyTable kExportKeys{"export", kExport};
const KeyTable kJournalKeys{"journal", kJournal};
const KeyTable kHttpKeys{"http", kHttp};

}  // namespace tightrope::config

// The options of cluster/config_notify.h, once: see cluster/config_fields.h.
#pragma once

#include "cluster/config_fields_servers.h"
#include "cluster/config_notify.h"

namespace pcb {

// clang-format off
inline constexpr const char* kEvents = "breach|suggestion|approval|move_started|move_done|move_failed|hold|breaker|resolved|report";

template <class V, Section<NotifyConfig::Webhook> T>
void describe_options(V& v, T& webhook) {
  using K = OptionKind;
  v(OptionNote{.key = "name", .kind = K::text, .required = true, .example = "chat", .tells = "Name of this sink in logs and metrics."}, webhook.name);
  v(OptionNote{.key = "url", .kind = K::url, .absent = "secret_url", .example = "https://chat.example.org/hooks/balancer", .tells = "Where messages are posted as JSON."}, webhook.url);
  v(OptionNote{.key = "secret_url", .kind = K::secret, .absent = "url", .example = "${CREDENTIALS_DIRECTORY}/chat.url", .tells = "Instead of url, where the URL itself is the secret, as with Slack, Discord, Teams and Telegram. It is never shown."}, webhook.secret_url);
  v(OptionNote{.key = "template", .kind = K::path, .absent = "schema balancer.message/1", .example = "/usr/share/proxmox-cluster-balancer/notify/slack.json", .tells = "File with the body as the receiver wants it. deploy/notify has those for Slack, Discord, Teams, Telegram, ntfy and Gotify."}, webhook.template_path);
  describe_options(v, webhook.auth);
  v(OptionNote{.key = "ca_file", .kind = K::path, .absent = "the system's certificates", .example = "/etc/ssl/certs/homelab-ca.pem", .tells = "Certificates that sign the receiver's own."}, webhook.ca_file);
  v(OptionNote{.key = "on", .kind = K::word, .live = false, .words = kEvents, .absent = "every event", .example = "[breach, suggestion, move_failed]", .tells = "Events that go to this receiver, of those that notify.on lets through. What is critical goes to all."}, webhook.on);
  v(OptionNote{.key = "severity", .kind = K::word, .live = false, .words = "info|warning|critical", .tells = "Lowest severity that goes to this receiver."}, webhook.severity);
}

template <class V, Section<NotifyConfig::Email> T>
void describe_options(V& v, T& email) {
  using K = OptionKind;
  v(OptionNote{.key = "name", .kind = K::text, .required = true, .example = "mail", .tells = "Name of this sink in logs and metrics."}, email.name);
  v(OptionNote{.key = "server", .kind = K::server, .required = true, .example = "mail.example.org:587", .tells = "Mail server, host:port. STARTTLS is required; port 465 speaks TLS from the start."}, email.server);
  v(OptionNote{.key = "from", .kind = K::email, .required = true, .example = "balancer@example.org", .tells = "Sender."}, email.from);
  v(OptionNote{.key = "to", .kind = K::email, .required = true, .example = "[admin@example.org]", .tells = "Recipients."}, email.to);
  v(OptionNote{.key = "user", .kind = K::text, .absent = "no login", .example = "balancer", .tells = "User at the mail server."}, email.user);
  v(OptionNote{.key = "password", .kind = K::secret, .absent = "none", .example = "${CREDENTIALS_DIRECTORY}/mail.password", .tells = "Password at the mail server."}, email.password);
  v(OptionNote{.key = "ca_file", .kind = K::path, .absent = "the system's certificates", .example = "/etc/ssl/certs/homelab-ca.pem", .tells = "Certificates that sign the server's own."}, email.ca_file);
  v(OptionNote{.key = "on", .kind = K::word, .live = false, .words = kEvents, .absent = "every event", .example = "[breach, suggestion, move_failed]", .tells = "Events that go to this receiver, of those that notify.on lets through. What is critical goes to all."}, email.on);
  v(OptionNote{.key = "severity", .kind = K::word, .live = false, .words = "info|warning|critical", .tells = "Lowest severity that goes to this receiver."}, email.severity);
}

template <class V, Section<NotifyConfig::Grafana> T>
void describe_options(V& v, T& grafana) {
  using K = OptionKind;
  v(OptionNote{.key = "name", .kind = K::text, .required = true, .example = "grafana", .tells = "Name of this sink in logs and metrics."}, grafana.name);
  v(OptionNote{.key = "url", .kind = K::url, .required = true, .example = "https://grafana.example.org", .tells = "Grafana, without /api/annotations."}, grafana.url);
  v(OptionNote{.key = "bearer_token", .kind = K::secret, .required = true, .example = "${CREDENTIALS_DIRECTORY}/grafana.token", .tells = "Token of a service account that may write annotations."}, grafana.bearer_token);
  v(OptionNote{.key = "ca_file", .kind = K::path, .absent = "the system's certificates", .example = "/etc/ssl/certs/homelab-ca.pem", .tells = "Certificates that sign Grafana's own."}, grafana.ca_file);
  v(OptionNote{.key = "on", .kind = K::word, .live = false, .words = kEvents, .absent = "move_started, move_done, move_failed", .example = "[breach, suggestion, move_failed]", .tells = "Events that go to this receiver, of those that notify.on lets through. What is critical goes to all."}, grafana.on);
  v(OptionNote{.key = "severity", .kind = K::word, .live = false, .words = "info|warning|critical", .tells = "Lowest severity that goes to this receiver."}, grafana.severity);
}

template <class V, Section<NotifyConfig> T>
void describe_options(V& v, T& notify) {
  using K = OptionKind;
  v(OptionNote{.key = "log", .kind = K::boolean, .live = false, .tells = "Messages also go to the log."}, notify.log);
  v(OptionNote{.key = "alertmanager", .kind = K::boolean, .live = false, .tells = "Messages also go to alertmanager.urls, with origin=\"balancer\", to be routed and silenced there."}, notify.alertmanager);
  v(OptionNote{.key = "on", .kind = K::word, .words = kEvents, .absent = "every event", .example = "[breach, suggestion, move_failed]", .tells = "Events that are told."}, notify.on);
  v(OptionNote{.key = "webhooks", .kind = K::section, .live = false, .absent = "none", .tells = "Receivers of JSON messages."}, notify.webhooks);
  v(OptionNote{.key = "grafana", .kind = K::section, .live = false, .absent = "none", .tells = "Grafanas that show moves as annotations."}, notify.grafana);
  v(OptionNote{.key = "emails", .kind = K::section, .live = false, .absent = "none", .tells = "Receivers of e-mail."}, notify.emails);
}
// clang-format on

}  // namespace pcb

// The options of cluster/config_servers.h, once: see cluster/config_fields.h.
#pragma once

#include "cluster/config_option.h"
#include "cluster/config_servers.h"

namespace pcb {

// clang-format off
template <class V, Section<HttpAuth> T>
void describe_options(V& v, T& auth) {
  using K = OptionKind;
  v(OptionNote{.key = "bearer_token", .kind = K::secret, .absent = "none", .example = "${CREDENTIALS_DIRECTORY}/token", .tells = "Sent, or asked for, as `Authorization: Bearer`."}, auth.bearer_token);
  v(OptionNote{.key = "basic_user", .kind = K::text, .absent = "none", .example = "balancer", .tells = "User of basic authentication; needs basic_password."}, auth.basic_user);
  v(OptionNote{.key = "basic_password", .kind = K::secret, .absent = "none", .example = "${CREDENTIALS_DIRECTORY}/basic_password", .tells = "Password of basic authentication."}, auth.basic_password);
}

template <class V, Section<ServerLogin> T>
void describe_options(V& v, T& login) {
  using K = OptionKind;
  describe_options(v, login.auth);
  v(OptionNote{.key = "ca_file", .kind = K::path, .absent = "the system's certificates", .example = "/etc/ssl/certs/homelab-ca.pem", .tells = "Certificates that sign the server's own."}, login.ca_file);
}

template <class V, Section<PrometheusConfig> T>
void describe_options(V& v, T& prometheus) {
  using K = OptionKind;
  v(OptionNote{.key = "url", .kind = K::url, .tells = "Prometheus that scrapes the exporter. The evaluator asks it for loads over time; without an answer nothing is moved."}, prometheus.url);
  v(OptionNote{.key = "matchers", .kind = K::matchers, .absent = "none", .example = "job=\"pve\"", .tells = "Label matchers added to every query, such as job=\"pve\", where one Prometheus holds several clusters or exporters."}, prometheus.matchers);
  v(OptionNote{.key = "headers", .kind = K::headers, .absent = "none", .example = "{X-Scope-OrgID: homelab}", .tells = "Headers sent with every query, such as X-Scope-OrgID for Mimir."}, prometheus.headers);
  describe_options(v, prometheus.auth);
  v(OptionNote{.key = "ca_file", .kind = K::path, .absent = "the system's certificates", .example = "/etc/ssl/certs/homelab-ca.pem", .tells = "Certificates that sign Prometheus's own."}, prometheus.ca_file);
  v(OptionNote{.key = "window", .kind = K::duration, .min = 10, .max = 86400, .tells = "Time over which a guest's load is averaged before it is judged. Short: quick, nervous; long: calm, late."}, prometheus.window);
}

template <class V, Section<AlertmanagerConfig> T>
void describe_options(V& v, T& alertmanager) {
  using K = OptionKind;
  v(OptionNote{.key = "urls", .kind = K::url, .tells = "Alertmanagers, all members of one group. Before each automatic move one of them must say that the alert is active and not silenced."}, alertmanager.urls);
  v(OptionNote{.key = "receiver", .kind = K::text, .tells = "Name of the receiver whose webhook is this evaluator."}, alertmanager.receiver);
  describe_options(v, alertmanager.auth);
  v(OptionNote{.key = "ca_file", .kind = K::path, .absent = "the system's certificates", .example = "/etc/ssl/certs/homelab-ca.pem", .tells = "Certificates that sign Alertmanager's own."}, alertmanager.ca_file);
}
// clang-format on

}  // namespace pcb

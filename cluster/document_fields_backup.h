// The fields of cluster/document_backup.h, once: see cluster/document_fields.h.
#pragma once

#include "cluster/document_backup.h"
#include "cluster/document_field.h"

namespace pcb {

// clang-format off
template <class V, Like<BackupJob> T>
void describe(V& v, T& job) {
  v(FieldNote{"id", true, FieldRange::name, "", "", "name of the job", "/etc/pve/jobs.cfg"}, job.id);
  v(FieldNote{"enabled", false, FieldRange::any, "", "true", "false: it does not run by itself", "/etc/pve/jobs.cfg"}, job.enabled);
  v(FieldNote{"schedule", false, FieldRange::any, "", "unknown", "when it runs, as a calendar event of Proxmox in the hosts' time zone", "/etc/pve/jobs.cfg"}, job.schedule);
  v(FieldNote{"host", false, FieldRange::any, "", "every host", "the host whose guests it backs up", "/etc/pve/jobs.cfg"}, job.host);
  v(FieldNote{"guests", false, FieldRange::any, "", "not known", "ids of the guests that it backs up now", "/etc/pve/jobs.cfg, .vmlist, pools of user.cfg"}, job.guests);
  v(FieldNote{"pool", false, FieldRange::any, "", "none", "the pool that chooses its guests", "/etc/pve/jobs.cfg"}, job.pool);
  v(FieldNote{"storage", false, FieldRange::any, "", "not given", "where the backups go", "/etc/pve/jobs.cfg"}, job.storage);
  v(FieldNote{"mode", false, FieldRange::any, "", "not given", "snapshot, suspend or stop", "/etc/pve/jobs.cfg"}, job.mode);
  v(FieldNote{"origin", false, FieldRange::any, "", "", "where the job stands, for explanations", ""}, job.origin);
  v(FieldNote{"next_at", false, FieldRange::not_negative, "Unix seconds", "not known, or never", "when it begins next, or began within the last minute", "its schedule, the hosts' time zone"}, job.next_at);
}

template <class V, Like<RunningTask> T>
void describe(V& v, T& task) {
  v(FieldNote{"host", true, FieldRange::name, "", "", "the host that it runs on", "/var/log/pve/tasks/active"}, task.host);
  v(FieldNote{"type", true, FieldRange::name, "", "", "what it does: vzdump, vzmigrate, qmigrate, …", "/var/log/pve/tasks/active"}, task.type);
  v(FieldNote{"guest", false, FieldRange::any, "", "of no guest, or of one that is gone", "id of the guest that it works on", "/var/log/pve/tasks/active"}, task.guest);
  v(FieldNote{"started_at", false, FieldRange::not_negative, "Unix seconds", "unknown", "when it began", "/var/log/pve/tasks/active"}, task.started_at);
}
// clang-format on

}  // namespace pcb

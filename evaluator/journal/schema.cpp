#include "evaluator/journal/schema.h"

namespace pcb {

const std::array<const char*, 3> kMigrations{R"sql(
CREATE TABLE alerts (
  id                INTEGER PRIMARY KEY,
  fingerprint       TEXT NOT NULL,
  starts_at_ms      INTEGER NOT NULL,
  status            TEXT NOT NULL CHECK (status IN ('firing', 'resolved')),
  use               TEXT NOT NULL CHECK (use IN ('relieve', 'tell', 'foreign', 'heartbeat', 'own')),
  reason            TEXT NOT NULL,
  source            TEXT NOT NULL CHECK (source IN ('webhook', 'alertmanager')),
  ends_at_ms        INTEGER,
  labels            TEXT NOT NULL,
  annotations       TEXT NOT NULL,
  first_received_at REAL NOT NULL,
  last_received_at  REAL NOT NULL,
  times             INTEGER NOT NULL DEFAULT 1 CHECK (times > 0),
  handled           INTEGER NOT NULL DEFAULT 0 CHECK (handled IN (0, 1, 2)),  -- 2: once, and came again
  UNIQUE (fingerprint, starts_at_ms, status)
) STRICT;
CREATE INDEX alerts_to_handle ON alerts (id) WHERE handled <> 1;
CREATE INDEX alerts_by_age ON alerts (last_received_at);

CREATE TABLE incidents (
  id         INTEGER PRIMARY KEY,
  host       TEXT NOT NULL CHECK (host <> ''),
  resource   TEXT NOT NULL CHECK (resource IN ('cpu', 'memory')),
  state      TEXT NOT NULL CHECK (state IN ('open', 'clearing', 'closed')),
  opened_at  REAL NOT NULL,
  changed_at REAL NOT NULL,
  reason     TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX incidents_one_live ON incidents (host, resource) WHERE state <> 'closed';

CREATE TABLE incident_alerts (
  incident_id  INTEGER NOT NULL REFERENCES incidents (id) ON DELETE CASCADE,
  fingerprint  TEXT NOT NULL,
  starts_at_ms INTEGER NOT NULL,
  status       TEXT NOT NULL CHECK (status IN ('firing', 'resolved')),
  from_webhook INTEGER NOT NULL CHECK (from_webhook IN (0, 1)),
  expired      INTEGER NOT NULL CHECK (expired IN (0, 1)),
  PRIMARY KEY (incident_id, fingerprint)
) STRICT, WITHOUT ROWID;

CREATE TABLE plans (
  id       INTEGER PRIMARY KEY,
  made_at  REAL NOT NULL,
  goal     TEXT NOT NULL,
  result   TEXT NOT NULL CHECK (result IN ('moves', 'nothing_to_do', 'infeasible', 'refused')),
  reason   TEXT NOT NULL,
  digest   TEXT NOT NULL,
  document TEXT NOT NULL,
  stands   INTEGER NOT NULL DEFAULT 1 CHECK (stands IN (0, 1))
) STRICT;
CREATE UNIQUE INDEX plans_one_stands ON plans (stands) WHERE stands = 1;

CREATE TABLE move_transitions (was TEXT NOT NULL, becomes TEXT NOT NULL, PRIMARY KEY (was, becomes)) STRICT;
INSERT INTO move_transitions VALUES
  ('proposed', 'approved'), ('proposed', 'cancelled'), ('proposed', 'skipped'),
  ('approved', 'starting'), ('approved', 'cancelled'), ('approved', 'skipped'),
  ('starting', 'running'), ('starting', 'skipped'), ('starting', 'failed'), ('starting', 'unknown'),
  ('running', 'verifying'), ('running', 'failed'), ('running', 'unknown'),
  ('verifying', 'done'), ('verifying', 'failed'), ('verifying', 'unknown'),
  ('unknown', 'running'), ('unknown', 'verifying'), ('unknown', 'done'), ('unknown', 'failed');

CREATE TABLE moves (
  id          INTEGER PRIMARY KEY,
  plan_id     INTEGER NOT NULL REFERENCES plans (id),
  incident_id INTEGER NOT NULL REFERENCES incidents (id),
  step        INTEGER NOT NULL CHECK (step > 0),
  guest       TEXT NOT NULL CHECK (guest GLOB 'lxc/[1-9]*' OR guest GLOB 'qemu/[1-9]*'),
  name        TEXT NOT NULL,
  source_host TEXT NOT NULL,
  target_host TEXT NOT NULL CHECK (target_host <> source_host),
  method      TEXT NOT NULL CHECK (method IN ('live', 'restart', 'offline', 'ha')),
  why         TEXT NOT NULL,
  state       TEXT NOT NULL CHECK (state IN ('proposed', 'approved', 'starting', 'running', 'verifying', 'done',
                                             'failed', 'unknown', 'cancelled', 'skipped')),
  created_at  REAL NOT NULL,
  changed_at  REAL NOT NULL,
  actor       TEXT NOT NULL,
  reason      TEXT NOT NULL,
  operation   TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX moves_by_plan ON moves (plan_id);
CREATE INDEX moves_live ON moves (guest) WHERE state IN ('proposed', 'approved', 'starting', 'running', 'verifying', 'unknown');

CREATE TABLE move_events (
  id      INTEGER PRIMARY KEY,
  move_id INTEGER NOT NULL REFERENCES moves (id),
  at      REAL NOT NULL,
  was     TEXT NOT NULL,
  becomes TEXT NOT NULL,
  actor   TEXT NOT NULL,
  reason  TEXT NOT NULL
) STRICT;

CREATE TRIGGER moves_begin_proposed BEFORE INSERT ON moves WHEN NEW.state <> 'proposed'
BEGIN SELECT RAISE(ABORT, 'a move begins as proposed'); END;
CREATE TRIGGER moves_only_legal BEFORE UPDATE OF state ON moves
WHEN NOT EXISTS (SELECT 1 FROM move_transitions WHERE was = OLD.state AND becomes = NEW.state)
BEGIN SELECT RAISE(ABORT, 'a move cannot go from this state to that one'); END;
CREATE TRIGGER moves_keep_identity BEFORE UPDATE OF id, plan_id, incident_id, guest, source_host, target_host ON moves
BEGIN SELECT RAISE(ABORT, 'a move never becomes another move'); END;
CREATE TRIGGER moves_record_birth AFTER INSERT ON moves
BEGIN INSERT INTO move_events (move_id, at, was, becomes, actor, reason)
      VALUES (NEW.id, NEW.created_at, '', NEW.state, NEW.actor, NEW.reason); END;
CREATE TRIGGER moves_record_change AFTER UPDATE OF state ON moves
BEGIN INSERT INTO move_events (move_id, at, was, becomes, actor, reason)
      VALUES (NEW.id, NEW.changed_at, OLD.state, NEW.state, NEW.actor, NEW.reason); END;
CREATE TRIGGER moves_are_kept BEFORE DELETE ON moves WHEN OLD.state IN ('approved', 'starting', 'running', 'verifying', 'unknown')
BEGIN SELECT RAISE(ABORT, 'a move under way is never deleted'); END;

CREATE TABLE notifications (
  id          INTEGER PRIMARY KEY,
  event_key   TEXT NOT NULL UNIQUE,
  event       TEXT NOT NULL,
  severity    TEXT NOT NULL CHECK (severity IN ('info', 'warning', 'critical')),
  incident_id INTEGER REFERENCES incidents (id),
  created_at  REAL NOT NULL,
  subject     TEXT NOT NULL,
  lines       TEXT NOT NULL
) STRICT;

CREATE TABLE deliveries (
  notification_id INTEGER NOT NULL REFERENCES notifications (id) ON DELETE CASCADE,
  sink            TEXT NOT NULL,
  state           TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'sent', 'given_up')),
  attempts        INTEGER NOT NULL DEFAULT 0,
  next_at         REAL NOT NULL,
  last_error      TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (notification_id, sink)
) STRICT;
CREATE INDEX deliveries_due ON deliveries (next_at) WHERE state = 'pending';

CREATE TABLE events (
  id      INTEGER PRIMARY KEY,
  at      REAL NOT NULL,
  kind    TEXT NOT NULL,
  actor   TEXT NOT NULL,
  subject TEXT NOT NULL,
  detail  TEXT NOT NULL
) STRICT;

CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
)sql",
                                             R"sql(
-- Deleting what is old asks each of these who refers to it.
CREATE INDEX move_events_by_move ON move_events (move_id);
CREATE INDEX moves_by_incident ON moves (incident_id);
CREATE INDEX notifications_by_incident ON notifications (incident_id);
)sql",
                                             R"sql(
-- Moves are carried out now. A move may serve no incident (drain, return); it is built anew for that.
CREATE TABLE kept_events AS SELECT * FROM move_events;
DROP TABLE move_events;
CREATE TABLE kept_moves AS SELECT * FROM moves;
DROP TABLE moves;

CREATE TABLE moves (
  id               INTEGER PRIMARY KEY,
  plan_id          INTEGER NOT NULL REFERENCES plans (id),
  incident_id      INTEGER REFERENCES incidents (id),
  step             INTEGER NOT NULL CHECK (step > 0),
  after            TEXT NOT NULL,  -- the steps that must be done before: "1,2"
  guest            TEXT NOT NULL CHECK (guest GLOB 'lxc/[1-9]*' OR guest GLOB 'qemu/[1-9]*'),
  name             TEXT NOT NULL,
  source_host      TEXT NOT NULL,
  target_host      TEXT NOT NULL CHECK (target_host <> source_host),
  method           TEXT NOT NULL CHECK (method IN ('live', 'restart', 'offline', 'ha')),
  why              TEXT NOT NULL,
  downtime_seconds REAL NOT NULL,  -- as planned
  copy_bytes       REAL NOT NULL,  -- as planned
  state            TEXT NOT NULL CHECK (state IN ('proposed', 'approved', 'starting', 'running', 'verifying', 'done',
                                                  'failed', 'unknown', 'cancelled', 'skipped')),
  created_at       REAL NOT NULL,
  changed_at       REAL NOT NULL,
  actor            TEXT NOT NULL,
  reason           TEXT NOT NULL
) STRICT;
INSERT INTO moves SELECT id, plan_id, incident_id, step, '', guest, name, source_host, target_host, method, why, 0, 0,
  state, created_at, changed_at, actor, reason FROM kept_moves;
DROP TABLE kept_moves;
CREATE INDEX moves_by_plan ON moves (plan_id);
CREATE INDEX moves_by_incident ON moves (incident_id);
CREATE INDEX moves_live ON moves (guest) WHERE state IN ('proposed', 'approved', 'starting', 'running', 'verifying', 'unknown');
-- Never two migrations of one guest.
CREATE UNIQUE INDEX moves_one_under_way ON moves (guest) WHERE state IN ('starting', 'running', 'verifying', 'unknown');

CREATE TABLE move_events (
  id      INTEGER PRIMARY KEY,
  move_id INTEGER NOT NULL REFERENCES moves (id),
  at      REAL NOT NULL,
  was     TEXT NOT NULL,
  becomes TEXT NOT NULL,
  actor   TEXT NOT NULL,
  reason  TEXT NOT NULL
) STRICT;
INSERT INTO move_events SELECT * FROM kept_events;
DROP TABLE kept_events;
CREATE INDEX move_events_by_move ON move_events (move_id);

-- The intent: written, and on the disk, before the host is asked to start.
CREATE TABLE operations (
  id                         TEXT PRIMARY KEY CHECK (length(id) = 32 AND id NOT GLOB '*[^0-9a-f]*'),
  move_id                    INTEGER NOT NULL UNIQUE REFERENCES moves (id),
  initiator                  TEXT NOT NULL CHECK (initiator IN ('automatic', 'approved', 'drain', 'return')),
  was_running                INTEGER NOT NULL CHECK (was_running IN (0, 1)),
  with_local_disks           INTEGER NOT NULL CHECK (with_local_disks IN (0, 1)),
  bandwidth_bytes_per_second REAL,
  target_memory_bytes        REAL NOT NULL,
  intended_at                REAL NOT NULL,
  ended_at                   REAL,  -- the end is known
  duration_seconds           REAL,
  downtime_seconds           REAL,
  command                    TEXT NOT NULL DEFAULT '',  -- what a person should type
  guest_start_asked          INTEGER NOT NULL DEFAULT 0 CHECK (guest_start_asked IN (0, 1)),
  begun                      INTEGER NOT NULL DEFAULT 0 CHECK (begun IN (0, 1)),  -- the host has said so
  cleared                    INTEGER NOT NULL DEFAULT 0 CHECK (cleared IN (0, 1))
) STRICT;
CREATE INDEX operations_open ON operations (intended_at) WHERE cleared = 0;
CREATE INDEX operations_by_age ON operations (intended_at);

CREATE TRIGGER moves_begin_proposed BEFORE INSERT ON moves WHEN NEW.state <> 'proposed'
BEGIN SELECT RAISE(ABORT, 'a move begins as proposed'); END;
CREATE TRIGGER moves_only_legal BEFORE UPDATE OF state ON moves
WHEN NOT EXISTS (SELECT 1 FROM move_transitions WHERE was = OLD.state AND becomes = NEW.state)
BEGIN SELECT RAISE(ABORT, 'a move cannot go from this state to that one'); END;
CREATE TRIGGER moves_start_with_intent BEFORE UPDATE OF state ON moves
WHEN NEW.state = 'starting' AND NOT EXISTS (SELECT 1 FROM operations WHERE move_id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'a move starts only with its intent written'); END;
CREATE TRIGGER moves_keep_identity BEFORE UPDATE OF id, plan_id, incident_id, guest, source_host, target_host ON moves
BEGIN SELECT RAISE(ABORT, 'a move never becomes another move'); END;
CREATE TRIGGER moves_record_birth AFTER INSERT ON moves
BEGIN INSERT INTO move_events (move_id, at, was, becomes, actor, reason)
      VALUES (NEW.id, NEW.created_at, '', NEW.state, NEW.actor, NEW.reason); END;
CREATE TRIGGER moves_record_change AFTER UPDATE OF state ON moves
BEGIN INSERT INTO move_events (move_id, at, was, becomes, actor, reason)
      VALUES (NEW.id, NEW.changed_at, OLD.state, NEW.state, NEW.actor, NEW.reason); END;
CREATE TRIGGER moves_are_kept BEFORE DELETE ON moves WHEN OLD.state IN ('approved', 'starting', 'running', 'verifying', 'unknown')
BEGIN SELECT RAISE(ABORT, 'a move under way is never deleted'); END;
CREATE TRIGGER operations_keep_identity BEFORE UPDATE OF id, move_id, initiator, was_running, intended_at ON operations
BEGIN SELECT RAISE(ABORT, 'an intent is never changed'); END;
CREATE TRIGGER operations_are_kept BEFORE DELETE ON operations WHEN OLD.cleared = 0
BEGIN SELECT RAISE(ABORT, 'an operation whose end is open is never deleted'); END;

CREATE TABLE decisions (
  id      INTEGER PRIMARY KEY,
  at      REAL NOT NULL,
  plan_id INTEGER NOT NULL REFERENCES plans (id),
  move_id INTEGER REFERENCES moves (id),  -- NULL: the whole plan
  verdict TEXT NOT NULL CHECK (verdict IN ('approve', 'reject')),
  actor   TEXT NOT NULL CHECK (actor <> ''),
  address TEXT NOT NULL,
  digest  TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX decisions_one_of_a_plan ON decisions (plan_id) WHERE move_id IS NULL;
CREATE UNIQUE INDEX decisions_one_of_a_move ON decisions (move_id) WHERE move_id IS NOT NULL;
CREATE INDEX decisions_by_plan ON decisions (plan_id);

-- Breaker and red button, switched on and off: the newest row of each is how it stands.
CREATE TABLE switches (
  id      INTEGER PRIMARY KEY,
  at      REAL NOT NULL,
  name    TEXT NOT NULL CHECK (name IN ('breaker', 'red_button')),
  is_on   INTEGER NOT NULL CHECK (is_on IN (0, 1)),
  actor   TEXT NOT NULL,
  address TEXT NOT NULL,
  reason  TEXT NOT NULL
) STRICT;
CREATE INDEX switches_by_name ON switches (name, id);

-- What a plan promised, and what came of it.
CREATE TABLE outcomes (
  plan_id             INTEGER PRIMARY KEY REFERENCES plans (id),
  due_at              REAL NOT NULL,
  predicted_peak      REAL NOT NULL,
  predicted_imbalance REAL NOT NULL,
  verdict             TEXT NOT NULL DEFAULT 'pending' CHECK (verdict IN ('pending', 'kept', 'worse', 'not_known')),
  judged_at           REAL,
  achieved_peak       REAL,
  achieved_imbalance  REAL,
  sentence            TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX outcomes_pending ON outcomes (due_at) WHERE verdict = 'pending';

-- What a person asked for that takes a while: a host is emptied, or gets its guests back.
CREATE TABLE errands (
  id              INTEGER PRIMARY KEY,
  kind            TEXT NOT NULL CHECK (kind IN ('drain', 'return')),
  host            TEXT NOT NULL CHECK (host <> ''),
  include_stopped INTEGER NOT NULL CHECK (include_stopped IN (0, 1)),
  state           TEXT NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'done', 'given_up', 'cancelled')),
  begun_at        REAL NOT NULL,
  ended_at        REAL,
  plan_id         INTEGER REFERENCES plans (id),  -- its newest
  actor           TEXT NOT NULL CHECK (actor <> ''),
  address         TEXT NOT NULL,
  progress        TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE UNIQUE INDEX errands_one_active ON errands (state) WHERE state = 'active';
CREATE INDEX errands_by_plan ON errands (plan_id);
)sql"};

}  // namespace pcb

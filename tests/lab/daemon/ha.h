// Proxmox's HA manager as far as an outsider sees it: queue, states, moves, manager_status and lrm_status.
//
// A queued migrate is taken at the next round of the CRM, becomes state "migrate", and the LRM then carries
// it out: a container is stopped, moved and started, a VM is moved live; afterwards it is "started" again. A
// guest outside its restricted group or best priority class is brought back. One round takes a few phases.
// Pure but for what the actions do. One thread. Tested by tests/lab/checks/lab_test.cpp.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "tests/lab/model/model.h"

namespace pcb::lab {

struct HaActions {
  std::function<void(int id)> stop, start;
  std::function<bool(int id, const std::string& host)>
      move;  // the configuration; false: it could not be done
  std::function<void(const std::string& text)> record;
};

class HaManager {
 public:
  HaManager(Model& model, HaActions actions);

  // 0, or the errno that the stand-in turns into Proxmox's text: ENOENT not managed, EBUSY in error state.
  int migrate(const std::string& sid, const std::string& host, double second);
  void set_state(const std::string& sid, const std::string& state);
  void tick(double second);

  [[nodiscard]] bool any() const { return !services_.empty(); }
  [[nodiscard]] bool manages(const std::string& sid) const { return services_.count(sid) > 0; }
  [[nodiscard]] std::string manager_status(double second);
  [[nodiscard]] std::string lrm_status(const std::string& host, double second);

 private:
  struct Service {
    int id = 0;
    std::string state = "started";
    std::string target;
    std::string return_to;  // the host in maintenance that it has left
    double due = 0.0;       // of the next step
    int step = 0;
  };
  void advance(Service& service, double second);
  void heed_maintenance(Service& service, double second);
  [[nodiscard]] std::string home_of(const Service& service);  // where failback wants it; empty: anywhere

  Model& model_;
  HaActions actions_;
  std::map<std::string, Service> services_;
};

}  // namespace pcb::lab

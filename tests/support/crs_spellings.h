// How datacenter.cfg may say that Proxmox balances HA guests itself, and how exporter and node-migrate.sh
// take it: both must judge alike, or what the one proposes the other refuses. Proxmox reads values in upper
// and lower case (1, on, yes, true; 0, off, no, false), drops the whole of crs when it does not understand a
// part of it, and balances with ha=static and ha=dynamic alone. `on` and `unclear` start nothing of HA: what
// is switched on and without effect today has one when somebody changes the other word.
#pragma once

#include <array>

namespace pcb::test {

struct CrsSpelling {
  enum class Says { off, on, unclear };
  const char* datacenter_cfg;
  Says says;
};

inline constexpr std::array kCrsSpellings{
    CrsSpelling{"", CrsSpelling::Says::off},
    CrsSpelling{"keyboard: de\n", CrsSpelling::Says::off},
    CrsSpelling{"#crs: ha=dynamic,ha-auto-rebalance=1\n", CrsSpelling::Says::off},
    CrsSpelling{"crs: ha=dynamic\n", CrsSpelling::Says::off},
    CrsSpelling{"crs: ha=static,ha-rebalance-on-start=1\n", CrsSpelling::Says::off},
    CrsSpelling{"crs: ha=static,ha-auto-rebalance=0,ha-rebalance-on-start=on\n", CrsSpelling::Says::off},
    CrsSpelling{"crs: ha-auto-rebalance=No,ha=dynamic\n", CrsSpelling::Says::off},
    CrsSpelling{"crs: ha=dynamic,ha-auto-rebalance=OFF\r\n", CrsSpelling::Says::off},
    CrsSpelling{"crs: ha=dynamic,ha-auto-rebalance=false,ha-auto-rebalance-threshold=30\n",
                CrsSpelling::Says::off},
    CrsSpelling{"crs: ha=dynamic,ha-auto-rebalance-margin=10,ha-auto-rebalance-method=topsis\n",
                CrsSpelling::Says::off},
    CrsSpelling{"keyboard: de\ncrs: ha=dynamic,ha-auto-rebalance=1\n", CrsSpelling::Says::on},
    CrsSpelling{"crs: ha-auto-rebalance=1,ha=static\n", CrsSpelling::Says::on},
    CrsSpelling{"crs:ha=static,ha-auto-rebalance=on\n", CrsSpelling::Says::on},
    CrsSpelling{"crs: ha=dynamic,ha-auto-rebalance=True\n", CrsSpelling::Says::on},
    CrsSpelling{"crs: ha=dynamic,ha-auto-rebalance=YES\n", CrsSpelling::Says::on},
    CrsSpelling{"crs: ha=dynamic,ha-auto-rebalance=1\r\n", CrsSpelling::Says::on},
    CrsSpelling{"  crs:\tha=dynamic, ha-auto-rebalance = 1\n", CrsSpelling::Says::on},
    CrsSpelling{"crs: ha=basic,ha-auto-rebalance=1\n", CrsSpelling::Says::on},
    CrsSpelling{"crs: ha-auto-rebalance=1\n", CrsSpelling::Says::on},
    CrsSpelling{"crs: ha=dynamic,ha-auto-rebalance=0,ha-auto-rebalance=1\n", CrsSpelling::Says::on},
    CrsSpelling{"crs: ha=dynamic,ha-auto-rebalance=1\ncrs: ha=static\n", CrsSpelling::Says::on},
    CrsSpelling{"crs: ha=dynamic,ha-auto-rebalance=maybe,ha-auto-rebalance=1\n", CrsSpelling::Says::on},
    CrsSpelling{"crs: ha=dynamic,ha-auto-rebalance=2\n", CrsSpelling::Says::unclear},
    CrsSpelling{"crs: ha=dynamic,ha-auto-rebalance=\n", CrsSpelling::Says::unclear},
    CrsSpelling{"crs: ha=dynamic,ha-auto-rebalance\n", CrsSpelling::Says::unclear},
    CrsSpelling{"crs: ha=dynamic ha-auto-rebalance=0\n", CrsSpelling::Says::unclear},
    CrsSpelling{"crs: ha=dynamic;ha-auto-rebalance=1\n", CrsSpelling::Says::unclear},
    CrsSpelling{"crs: ha=dynamic,auto-rebalance=1\n", CrsSpelling::Says::unclear},
    CrsSpelling{"crs: ha=dynamic,ha-rebalance=1\n", CrsSpelling::Says::unclear},
};

}  // namespace pcb::test

// The families of /probe: node_exporter's names and types, described here in our own words. A table of data.
#include <array>

#include "cluster/metric_catalogue.h"

namespace pcb {
namespace {

constexpr auto kGauge = MetricType::gauge;
constexpr auto kCounter = MetricType::counter;
constexpr auto kUntyped = MetricType::unknown;
constexpr auto kProbe = Program::probe;

// clang-format off
constexpr auto kProbeCatalogue = std::to_array<MetricDescription>({
    {{"node_cpu_seconds_total", "Time the CPU spent in each mode.", kCounter}, "cpu,mode", "cpu", kProbe},
    {{"node_cpu_guest_seconds_total", "Time the CPU spent running guests; part of user and nice.", kCounter}, "cpu,mode", "cpu", kProbe},
    {{"node_intr_total", "Interrupts served.", kCounter}, "", "stat", kProbe},
    {{"node_context_switches_total", "Context switches.", kCounter}, "", "stat", kProbe},
    {{"node_forks_total", "Processes and threads started.", kCounter}, "", "stat", kProbe},
    {{"node_boot_time_seconds", "When the host was started, in Unix seconds.", kGauge}, "", "stat", kProbe},
    {{"node_procs_running", "Processes that run or could run.", kGauge}, "", "stat", kProbe},
    {{"node_procs_blocked", "Processes that wait for I/O.", kGauge}, "", "stat", kProbe},
    {{"node_load1", "Load average over 1 minute.", kGauge}, "", "loadavg", kProbe},
    {{"node_load5", "Load average over 5 minutes.", kGauge}, "", "loadavg", kProbe},
    {{"node_load15", "Load average over 15 minutes.", kGauge}, "", "loadavg", kProbe},
    {{"node_pressure_cpu_waiting_seconds_total", "Time in which a process waited for a CPU.", kCounter}, "", "pressure", kProbe},
    {{"node_pressure_io_waiting_seconds_total", "Time in which a process waited for I/O.", kCounter}, "", "pressure", kProbe},
    {{"node_pressure_io_stalled_seconds_total", "Time in which all processes waited for I/O.", kCounter}, "", "pressure", kProbe},
    {{"node_pressure_memory_waiting_seconds_total", "Time in which a process waited for memory.", kCounter}, "", "pressure", kProbe},
    {{"node_pressure_memory_stalled_seconds_total", "Time in which all processes waited for memory.", kCounter}, "", "pressure", kProbe},
    {{"node_pressure_irq_stalled_seconds_total", "Time in which all processes waited for interrupts to be served.", kCounter}, "", "pressure", kProbe},
    {{"node_filefd_allocated", "Open files of the whole host.", kGauge}, "", "filefd", kProbe},
    {{"node_filefd_maximum", "Limit of open files of the whole host.", kGauge}, "", "filefd", kProbe},
    {{"node_time_seconds", "Clock of the host when it was read, in Unix seconds; up to a second behind.", kGauge}, "", "time", kProbe},
    {{"node_uname_info", "Kernel and name of the host.", kGauge}, "domainname,machine,nodename,release,sysname,version", "uname", kProbe},
    {{"node_os_info", "Operating system, from /etc/os-release.", kGauge}, "build_id,id,id_like,image_id,image_version,name,pretty_name,variant,variant_id,version,version_codename,version_id", "os", kProbe},
    {{"node_os_version", "Major and minor version of the operating system.", kGauge}, "id,id_like,name", "os", kProbe},
    {{"node_memory_*", "A line of /proc/meminfo.", kGauge}, "", "meminfo", kProbe},
    {{"node_vmstat_*", "A line of /proc/vmstat: oom_kill, pgfault, pgmajfault, pgpgin, pgpgout, pswpin, pswpout.", kUntyped}, "", "vmstat", kProbe},
    {{"node_ksmd_pages_sharing", "Pages saved by merging equal ones (KSM).", kGauge}, "", "ksmd", kProbe},
    {{"node_zfs_arc_*", "A line of /proc/spl/kstat/zfs/arcstats.", kUntyped}, "", "zfs", kProbe},
    {{"node_disk_reads_completed_total", "Reads completed.", kCounter}, "device", "diskstats", kProbe},
    {{"node_disk_reads_merged_total", "Reads merged with others.", kCounter}, "device", "diskstats", kProbe},
    {{"node_disk_read_bytes_total", "Bytes read.", kCounter}, "device", "diskstats", kProbe},
    {{"node_disk_read_time_seconds_total", "Time all reads took together.", kCounter}, "device", "diskstats", kProbe},
    {{"node_disk_writes_completed_total", "Writes completed.", kCounter}, "device", "diskstats", kProbe},
    {{"node_disk_writes_merged_total", "Writes merged with others.", kCounter}, "device", "diskstats", kProbe},
    {{"node_disk_written_bytes_total", "Bytes written.", kCounter}, "device", "diskstats", kProbe},
    {{"node_disk_write_time_seconds_total", "Time all writes took together.", kCounter}, "device", "diskstats", kProbe},
    {{"node_disk_io_now", "Reads and writes under way.", kGauge}, "device", "diskstats", kProbe},
    {{"node_disk_io_time_seconds_total", "Time in which the disk was busy.", kCounter}, "device", "diskstats", kProbe},
    {{"node_disk_io_time_weighted_seconds_total", "Time in which the disk was busy, times what was under way.", kCounter}, "device", "diskstats", kProbe},
    {{"node_disk_discards_completed_total", "Discards completed.", kCounter}, "device", "diskstats", kProbe},
    {{"node_disk_discards_merged_total", "Discards merged with others.", kCounter}, "device", "diskstats", kProbe},
    {{"node_disk_discarded_sectors_total", "Sectors of 512 bytes discarded.", kCounter}, "device", "diskstats", kProbe},
    {{"node_disk_discard_time_seconds_total", "Time all discards took together.", kCounter}, "device", "diskstats", kProbe},
    {{"node_disk_flush_requests_total", "Flushes completed.", kCounter}, "device", "diskstats", kProbe},
    {{"node_disk_flush_requests_time_seconds_total", "Time all flushes took together.", kCounter}, "device", "diskstats", kProbe},
    {{"node_filesystem_size_bytes", "Size.", kGauge}, "device,fstype,mountpoint", "filesystem", kProbe},
    {{"node_filesystem_free_bytes", "Room left, that reserved for root counted in.", kGauge}, "device,fstype,mountpoint", "filesystem", kProbe},
    {{"node_filesystem_avail_bytes", "Room left for those who are not root.", kGauge}, "device,fstype,mountpoint", "filesystem", kProbe},
    {{"node_filesystem_files", "Inodes.", kGauge}, "device,fstype,mountpoint", "filesystem", kProbe},
    {{"node_filesystem_files_free", "Inodes left.", kGauge}, "device,fstype,mountpoint", "filesystem", kProbe},
    {{"node_filesystem_readonly", "1 if it is mounted read-only.", kGauge}, "device,fstype,mountpoint", "filesystem", kProbe},
    {{"node_filesystem_device_error", "1 if it could not be asked; such a one is left out here.", kGauge}, "device,fstype,mountpoint", "filesystem", kProbe},
    {{"node_md_blocks", "Size of a software RAID, in blocks.", kGauge}, "device", "mdadm", kProbe},
    {{"node_md_disks", "Disks of a software RAID that are active, failed, spare.", kGauge}, "device,state", "mdadm", kProbe},
    {{"node_md_disks_required", "Disks a software RAID should have.", kGauge}, "device", "mdadm", kProbe},
    {{"node_md_state", "State of a software RAID, one series per state, 1 for the one it is in.", kGauge}, "device,state", "mdadm", kProbe},
    {{"node_network_receive_bytes_total", "Bytes received.", kCounter}, "device", "netdev", kProbe},
    {{"node_network_receive_packets_total", "Packets received.", kCounter}, "device", "netdev", kProbe},
    {{"node_network_receive_errs_total", "Errors in receiving.", kCounter}, "device", "netdev", kProbe},
    {{"node_network_receive_drop_total", "Received packets dropped.", kCounter}, "device", "netdev", kProbe},
    {{"node_network_receive_fifo_total", "Errors of the receive queue.", kCounter}, "device", "netdev", kProbe},
    {{"node_network_receive_frame_total", "Errors in frames.", kCounter}, "device", "netdev", kProbe},
    {{"node_network_receive_compressed_total", "Compressed packets received.", kCounter}, "device", "netdev", kProbe},
    {{"node_network_receive_multicast_total", "Multicast packets received.", kCounter}, "device", "netdev", kProbe},
    {{"node_network_transmit_bytes_total", "Bytes sent.", kCounter}, "device", "netdev", kProbe},
    {{"node_network_transmit_packets_total", "Packets sent.", kCounter}, "device", "netdev", kProbe},
    {{"node_network_transmit_errs_total", "Errors in sending.", kCounter}, "device", "netdev", kProbe},
    {{"node_network_transmit_drop_total", "Packets to be sent that were dropped.", kCounter}, "device", "netdev", kProbe},
    {{"node_network_transmit_fifo_total", "Errors of the send queue.", kCounter}, "device", "netdev", kProbe},
    {{"node_network_transmit_colls_total", "Collisions.", kCounter}, "device", "netdev", kProbe},
    {{"node_network_transmit_carrier_total", "Losses of the carrier while sending.", kCounter}, "device", "netdev", kProbe},
    {{"node_network_transmit_compressed_total", "Compressed packets sent.", kCounter}, "device", "netdev", kProbe},
    {{"node_network_up", "1 if the device is up.", kGauge}, "device", "netclass", kProbe},
    {{"node_network_info", "A network device that belongs to no guest.", kGauge}, "address,adminstate,broadcast,device,duplex,ifalias,operstate", "netclass", kProbe},
    {{"node_network_carrier", "1 if there is a link.", kGauge}, "device", "netclass", kProbe},
    {{"node_network_carrier_changes_total", "How often the link came or went.", kCounter}, "device", "netclass", kProbe},
    {{"node_network_mtu_bytes", "Largest packet.", kGauge}, "device", "netclass", kProbe},
    {{"node_network_protocol_type", "The kernel's number for the kind of device.", kGauge}, "device", "netclass", kProbe},
    {{"node_network_speed_bytes", "Speed of the link, in bytes a second.", kGauge}, "device", "netclass", kProbe},
    {{"node_network_transmit_queue_length", "Length of the send queue, in packets.", kGauge}, "device", "netclass", kProbe},
    {{"node_network_flags", "The kernel's flags of the device.", kGauge}, "device", "netclass", kProbe},
    {{"node_bonding_slaves", "Devices that are bonded.", kGauge}, "master", "bonding", kProbe},
    {{"node_bonding_active", "Bonded devices whose link is up.", kGauge}, "master", "bonding", kProbe},
    {{"node_arp_entries", "Neighbours known, by device.", kGauge}, "device", "arp", kProbe},
    {{"node_nf_conntrack_entries", "Connections that the firewall tracks.", kGauge}, "", "conntrack", kProbe},
    {{"node_nf_conntrack_entries_limit", "Connections that the firewall can track.", kGauge}, "", "conntrack", kProbe},
    {{"node_softnet_processed_total", "Packets processed by a CPU.", kCounter}, "cpu", "softnet", kProbe},
    {{"node_softnet_dropped_total", "Packets dropped by a CPU because its queue was full.", kCounter}, "cpu", "softnet", kProbe},
    {{"node_softnet_times_squeezed_total", "How often a CPU stopped processing packets before it was done.", kCounter}, "cpu", "softnet", kProbe},
    {{"node_netstat_*", "Protocol counters from /proc/net/snmp, netstat and snmp6: those node_exporter shows by default.", kUntyped}, "", "netstat", kProbe},
    {{"node_sockstat_*", "Sockets in use, from /proc/net/sockstat and sockstat6.", kGauge}, "", "sockstat", kProbe},
    {{"node_scrape_collector_success", "1 if the files of this collector were there.", kGauge}, "collector", "", kProbe},
});
// clang-format on

}  // namespace

std::span<const MetricDescription> probe_catalogue() { return kProbeCatalogue; }

}  // namespace pcb

// The lab keeps what it promises: seen from outside, with the real ssh client.
#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lab/checks/lab_run.h"

namespace pcb::lab {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const char* const kTwoHosts = R"(
phase: 0.1s
pvestatd: 0.5s
hosts:
  pve1: {cores: 8, memory: 16GiB, cpu: 0.5, arc: 4GiB, arc_minimum: 1GiB}
  pve2: {cores: 8, memory: 16GiB}
  pve3: {cores: 4, memory: 8GiB, version: 9.0.3}
guests:
  101: {name: web, host: pve1, cores: 4, memory: 4GiB, cpu: 2.5, memory_used: 3GiB, swap: 512MiB, swap_used: 100MiB}
  102: {name: wave, host: pve1, cores: 2, memory: 1GiB, cpu: {mean: 1, amplitude: 0.5, period: 2s}, memory_used: 700MiB}
  103: {name: ha, host: pve1, memory: 512MiB, ha: true}
  201: {type: vm, name: win, host: pve1, cores: 2, memory: 2GiB, cpu: 1.5, memory_used: 1800MiB}
)";

std::map<std::string, double> numbers_by_name(const std::string& text) {
  std::map<std::string, double> numbers;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string name;
    double value = 0.0;
    if (words >> name >> value) numbers[name] = value;
  }
  return numbers;
}

// What a lab has on the machine: its links, mounts, and processes that see its directory. Other labs may run.
std::string remains_of(const std::string& bridge, const std::string& directory) {
  return run_and_wait({"sh", "-c",
                       "ip -o link | grep \" $1\\(h[0-9]*\\)\\?[:@]\"; grep \"$2\" /proc/mounts; ip netns; "
                       "grep -ls \"$2\" /proc/[0-9]*/mountinfo",
                       "sh", bridge, directory})
      .out;
}

// Gone, or dead and not yet reaped by the machine's init.
bool ended(int pid) {
  return run_and_wait({"sh", "-c", "[ ! -d /proc/$1 ] || grep -q '^State:.Z' /proc/$1/status", "sh",
                       std::to_string(pid)})
             .code == 0;
}

TEST(Lab, HostsAreReachedBySshAndLookLikeProxmox) {
  const LabRun lab(kTwoHosts);
  const auto outcome =
      lab.ssh("pve1", "hostname; cat /etc/pve/.members; ls /etc/pve/nodes/pve1/lxc; readlink /etc/pve/local");
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("pve1\n{\n\"nodename\": \"pve1\""));
  EXPECT_THAT(outcome.out, HasSubstr("\"quorate\": 1"));
  EXPECT_THAT(outcome.out, HasSubstr("101.conf\n102.conf\n103.conf\nnodes/pve1\n"));
  const auto rows = lab.ssh("pve2", "cat /etc/pve/.rrd").out;
  EXPECT_THAT(rows, HasSubstr("pve2.3-vm/101:"));
  EXPECT_THAT(rows, HasSubstr("pve-node-9.0/pve3:"));
}

struct Counters {
  double begun = 0.0, ended = 0.0;  // uptime before and after the reading
  double host_ticks = 0.0, guest_usec = 0.0, wave_usec = 0.0;
};

Counters read_counters(const LabRun& lab) {
  const std::string groups = "/sys/fs/cgroup/lxc/";
  std::istringstream text(lab.ssh("pve1", "head -q -n 1 /proc/uptime /proc/stat " + groups + "101/cpu.stat " +
                                              groups + "102/cpu.stat /proc/uptime")
                              .out);
  Counters read;
  std::string word;
  double idle = 0.0, user = 0.0, nice = 0.0, system = 0.0, wait = 0.0, irq = 0.0, soft = 0.0, steal = 0.0;
  text >> read.begun >> idle >> word >> user >> nice >> system >> idle >> wait >> irq >> soft >> steal >>
      idle >> idle;
  text >> word >> read.guest_usec >> word >> read.wave_usec >> read.ended;
  read.host_ticks = user + system + soft + steal;
  return read;
}

// All files within 20 ms of each other, so that they speak of one moment.
Counters read_at_once(const LabRun& lab) {
  Counters read;
  EXPECT_TRUE(await(60, [&] {
    read = read_counters(lab);
    return read.ended > 0.0 && read.ended - read.begun <= 0.02;
  }));
  return read;
}

TEST(Lab, CountersAgreeWithTheModelWithinOnePercent) {
  const LabRun lab(kTwoHosts);
  const auto before = read_at_once(lab);
  Counters after;
  EXPECT_TRUE(await(60, [&] {
    after = read_at_once(lab);
    return after.begun - before.begun >= 6.0;
  }));
  const double seconds = after.begun - before.begun;
  EXPECT_NEAR((after.guest_usec - before.guest_usec) / 1e6 / seconds, 2.5, 0.025);
  const double wave_cores = (after.wave_usec - before.wave_usec) / 1e6 / seconds;
  // The part of a wave of period 2 s and height 0.5 that does not cancel out is at most 1/pi core seconds.
  EXPECT_NEAR(wave_cores, 1.0, (1.0 / M_PI + 0.04) / seconds);
  // Own 0.5, guests 2.5 + 1.5 + the default 0.1 + the wave.
  EXPECT_NEAR((after.host_ticks - before.host_ticks) / 100.0 / seconds, 4.6 + wave_cores, 0.056);
}

TEST(Lab, MemoryAgreesWithTheProductsFormulas) {
  const LabRun lab(kTwoHosts);
  const auto status = lab.status();
  for (const auto& [guest, path] : {std::pair<std::string, std::string>{"101", "lxc/101"},
                                    {"102", "lxc/102"},
                                    {"201", "qemu.slice/201.scope"}}) {
    const std::string at = "/sys/fs/cgroup/" + path;
    auto read = numbers_by_name(lab.ssh("pve1", "cat " + at + "/memory.stat; echo current $(cat " + at +
                                                    "/memory.current); echo swap $(cat " + at +
                                                    "/memory.swap.current)")
                                    .out);
    const double used = read["current"] - (read["file"] - read["shmem"]) + read["swap"];
    EXPECT_NEAR(used, status["guests"][guest]["memory_used_bytes"].get<double>(), 1.0) << guest;
    EXPECT_NEAR(read["anon"] + read["kernel"] + read["file"], read["current"], 4.0) << guest;
  }
  auto host = numbers_by_name(lab.ssh("pve1",
                                      "sed 's/:/ /' /proc/meminfo; awk '$1 == \"size\" || $1 == \"c_min\" { "
                                      "print $1, $3 }' /proc/spl/kstat/zfs/arcstats")
                                  .out);
  const double used =
      (host["MemTotal"] - host["MemAvailable"]) * 1024.0 - 0.5 * (host["size"] - host["c_min"]);
  EXPECT_NEAR(used, status["hosts"]["pve1"]["memory_used_bytes"].get<double>(), 2048.0);
}

TEST(Lab, AMigratedContainerTakesItsLoadAlong) {
  const LabRun lab(kTwoHosts);
  const auto outcome = lab.ssh("pve1", "pct migrate 101 pve2 --restart");
  EXPECT_EQ(outcome.code, 0) << outcome.out << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("migration finished successfully"));
  EXPECT_EQ(lab.ssh("pve1", "ls /sys/fs/cgroup/lxc").out, "102\n103\n");
  EXPECT_EQ(lab.ssh("pve2", "ls /sys/fs/cgroup/lxc").out, "101\n");
  EXPECT_THAT(lab.ssh("pve3", "cat /etc/pve/.vmlist").out, HasSubstr("\"101\": { \"node\": \"pve2\""));
  const auto status = lab.status();
  EXPECT_NEAR(status["hosts"]["pve2"]["cpu_used_cores"].get<double>(), 2.7, 0.01);
  EXPECT_EQ(status["guests"]["101"]["starts"], 2);
  EXPECT_EQ(status["guests"]["101"]["lock"], "");
  EXPECT_EQ(lab.ssh("pve1", "qm migrate 201 pve2 --online").code, 0);
  EXPECT_EQ(lab.ssh("pve2", "cat /run/qemu-server/201.pid >/dev/null && ls /sys/fs/cgroup/qemu.slice").out,
            "201.scope\n");
}

TEST(Lab, HaQueuesAndMovesLater) {
  const LabRun lab(kTwoHosts);
  const auto outcome = lab.ssh("pve1", "pct migrate 103 pve2 --restart");
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.out, "Requesting HA migration for CT 103 to node pve2\n");
  EXPECT_EQ(lab.status()["guests"]["103"]["host"], "pve1");
  EXPECT_TRUE(await(10, [&] {
    const auto guest = lab.status()["guests"]["103"];
    return guest["host"] == "pve2" && guest["status"] == "running";
  }));
  EXPECT_EQ(lab.ssh("pve2", "ha-manager crm-command node-maintenance enable pve2").code, 0);
  EXPECT_TRUE(await(10, [&] { return lab.status()["guests"]["103"]["host"] != "pve2"; }));
  EXPECT_TRUE(await(
      10, [&] { return lab.ssh("pve1", "ha-manager status").out.find("started") != std::string::npos; }))
      << lab.ssh("pve1", "ha-manager status; cat /etc/pve/ha/manager_status").out << lab.record();
}

// Starts a command over ssh and kills the client once the record says what it waits for.
void cut_when_recorded(const LabRun& lab, const std::string& command, const std::string& recorded) {
  const pid_t client = fork();
  if (client == 0) {
    auto words = lab.ssh_command("pve1", command);
    std::vector<char*> argv;
    for (auto& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    execvp(argv[0], argv.data());
    _exit(127);
  }
  EXPECT_TRUE(await(10, [&] { return lab.record().find(recorded) != std::string::npos; })) << lab.record();
  kill(client, SIGKILL);
  waitpid(client, nullptr, 0);
}

TEST(Lab, AForegroundMigrationBreaksWithItsConnection) {
  const LabRun lab(kTwoHosts);
  cut_when_recorded(lab, "pct migrate 101 pve2 --restart", "stop lxc/101");
  EXPECT_TRUE(await(10, [&] { return lab.record().find("broken-pipe") != std::string::npos; }));
  EXPECT_TRUE(await(10, [&] { return lab.status()["guests"]["101"]["status"] == "running"; }));
  EXPECT_EQ(lab.status()["guests"]["101"]["host"], "pve1");
  EXPECT_EQ(lab.status()["guests"]["101"]["lock"], "");
}

TEST(Lab, ADetachedMigrationOutlivesItsConnection) {
  const LabRun lab(kTwoHosts);
  cut_when_recorded(lab,
                    "systemd-run --unit=balancer-migrate-101 -p RemainAfterExit=yes pct migrate 101 pve2 "
                    "--restart; sleep 20",
                    "stop lxc/101");
  EXPECT_TRUE(
      await(10, [&] { return lab.record().find("unit end balancer-migrate-101 0") != std::string::npos; }));
  EXPECT_EQ(lab.status()["guests"]["101"]["host"], "pve2");
  EXPECT_THAT(lab.record(), Not(HasSubstr("broken-pipe")));
}

TEST(Lab, AUnitsNameIsTakenOnceAndItsResultKept) {
  const LabRun lab(kTwoHosts);
  const std::string start = "systemd-run --unit=u --description='operation 7' -p RemainAfterExit=yes ";
  EXPECT_EQ(lab.ssh("pve1", start + "sleep 0.2").code, 0);
  const auto second = lab.ssh("pve1", start + "true");
  EXPECT_EQ(second.code, 1);
  EXPECT_EQ(
      second.err,
      "Failed to start transient service unit: Unit u.service was already loaded or has a fragment file.\n");
  const std::string show = "systemctl show u -p ActiveState,SubState,Result,ExecMainStatus,Description";
  EXPECT_TRUE(await(10, [&] {
    return lab.ssh("pve1", show).out ==
           "ActiveState=active\nSubState=exited\nResult=success\nExecMainStatus=0\nDescription=operation 7\n";
  }));
  EXPECT_EQ(lab.ssh("pve1", "systemctl stop u").code, 0);
  EXPECT_EQ(lab.ssh("pve1", "systemctl show u -p LoadState").out, "LoadState=not-found\n");
  EXPECT_EQ(lab.ssh("pve1", start + "sh -c 'exit 7'").code, 0);
  EXPECT_TRUE(await(10, [&] {
    return lab.ssh("pve1", "systemctl show u.service -p ActiveState,Result,ExecMainStatus").out ==
           "ActiveState=failed\nResult=exit-code\nExecMainStatus=7\n";
  }));
  EXPECT_EQ(lab.ssh("pve1", "systemctl reset-failed u").code, 0);
  EXPECT_EQ(lab.ssh("pve1", "systemctl reset-failed u").code, 1);
}

TEST(Lab, TheClustersLockIsHeldByOne) {
  const LabRun lab("lock_lifetime: 6s\nhosts:\n  pve1: {cores: 4}\n  pve2: {cores: 4}\n  pve3: {cores: 4}\n");
  const std::string lock = "/etc/pve/priv/lock/balancer";
  EXPECT_EQ(lab.ssh("pve1", "mkdir " + lock).code, 0);
  EXPECT_THAT(lab.ssh("pve2", "mkdir " + lock).err, HasSubstr("File exists"));
  EXPECT_THAT(lab.ssh("pve2", "touch -c -d @0 " + lock).err, HasSubstr("Permission denied"));
  EXPECT_TRUE(
      await(30, [&] { return lab.ssh("pve2", "touch -c -d @0 " + lock + "; mkdir " + lock).code == 0; }));
  EXPECT_EQ(lab.lab({"fault", "pve3", "partition"}).code, 0);
  EXPECT_THAT(lab.ssh("pve3", "mkdir /etc/pve/priv/lock/other").err, HasSubstr("Permission denied"));
  EXPECT_THAT(lab.ssh("pve3", "cat /etc/pve/.members").out, HasSubstr("\"quorate\": 0"));
  EXPECT_THAT(lab.ssh("pve1", "cat /etc/pve/.members").out,
              HasSubstr("\"pve3\": { \"id\": 3, \"online\": 0"));
}

TEST(Lab, FaultsOfAHostStrikeAndHeal) {
  const LabRun lab(kTwoHosts);
  for (const char* fault : {"network", "blackhole", "sshd", "frozen", "key", "host-key"}) {
    EXPECT_EQ(lab.lab({"fault", "pve2", fault}).code, 0) << fault;
    auto command = lab.ssh_command("pve2", "true");
    command.insert(command.begin(), {"timeout", "4"});
    EXPECT_TRUE(await(10, [&] { return run_and_wait(command).code != 0; })) << fault;
    EXPECT_EQ(lab.ssh("pve1", "true").code, 0) << fault;
    EXPECT_EQ(lab.lab({"heal", "pve2", fault}).code, 0) << fault;
    EXPECT_TRUE(await(10, [&] { return run_and_wait(command).code == 0; })) << fault;
  }
  EXPECT_EQ(lab.lab({"fault", "pve2", "pmxcfs"}).code, 0);
  EXPECT_THAT(lab.ssh("pve2", "cat /etc/pve/.vmlist").err, HasSubstr("Transport endpoint is not connected"));
  EXPECT_EQ(lab.lab({"heal", "all"}).code, 0);
  EXPECT_EQ(lab.ssh("pve2", "cat /etc/pve/.vmlist").code, 0);
}

TEST(Lab, ASlowHostAnswersLate) {
  const LabRun lab(kTwoHosts);
  const auto seconds = [&] {
    const auto before = std::chrono::steady_clock::now();
    EXPECT_EQ(lab.ssh("pve1", "true").code, 0);
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - before).count();
  };
  EXPECT_EQ(lab.lab({"fault", "pve1", "slow", "300ms"}).code, 0);
  EXPECT_GE(seconds(), 1.8);  // a login takes at least three round trips
  EXPECT_EQ(lab.lab({"heal", "all"}).code, 0);
  EXPECT_LT(seconds(), 1.8);
}

TEST(Lab, ARunningTaskIsInTheNodesList) {
  const LabRun lab(kTwoHosts);
  EXPECT_EQ(lab.lab({"fault", "pve1", "backup", "102"}).code, 0);
  EXPECT_THAT(lab.ssh("pve1", "cat /var/log/pve/tasks/active").out, HasSubstr(":vzdump:102:root@pam: 0"));
  EXPECT_EQ(lab.lab({"heal", "all"}).code, 0);
  EXPECT_EQ(lab.ssh("pve1", "pct migrate 101 pve2 --restart").code, 0);
  EXPECT_THAT(lab.ssh("pve1", "cat /var/log/pve/tasks/active").out,
              ::testing::ContainsRegex(":vzmigrate:101:root@pam: 1 [0-9A-F]* OK"));
}

TEST(Lab, TwoLabsRunBesideEachOtherAndLeaveNothing) {
  const LabRun first(kTwoHosts), second(kTwoHosts);
  const auto status = first.status();
  const std::string bridge = status["bridge"];
  EXPECT_NE(second.status()["bridge"], bridge);
  EXPECT_THAT(remains_of(bridge, first.directory()), HasSubstr(bridge + "h2"));
  EXPECT_THAT(remains_of(bridge, first.directory()), HasSubstr("mountinfo"));
  EXPECT_EQ(first.ssh("pve1", "pct migrate 102 pve2 --restart").code, 0);
  EXPECT_EQ(second.status()["guests"]["102"]["host"], "pve1");
  EXPECT_EQ(first.ssh("pve1", "systemd-run --unit=stays sleep 1000").code, 0);
  EXPECT_EQ(first.lab({"down"}).code, 0);
  for (const auto& [name, host] : status["hosts"].items()) EXPECT_TRUE(ended(host["pid"])) << name;
  EXPECT_EQ(remains_of(bridge, first.directory()), "");
  EXPECT_FALSE(std::filesystem::exists(first.directory() + "/run"));
  EXPECT_EQ(second.ssh("pve1", "true").code, 0);
}

TEST(Lab, AKilledDaemonIsTidiedUpByDown) {
  const LabRun lab(kTwoHosts);
  const auto status = lab.status();
  std::istringstream state(run_and_wait({"cat", lab.directory() + "/state"}).out);
  std::string word;
  pid_t daemon = 0;
  state >> word >> daemon;
  ASSERT_EQ(word, "daemon");
  kill(daemon, SIGKILL);
  EXPECT_EQ(lab.lab({"down"}).code, 0);
  for (const auto& [name, host] : status["hosts"].items()) EXPECT_TRUE(ended(host["pid"])) << name;
  EXPECT_EQ(remains_of(status["bridge"], lab.directory()), "");
  EXPECT_NE(lab.lab({"status"}).code, 0);
}

TEST(Lab, InTheForegroundItEndsWithItsTerminal) {
  const test::TemporaryFolder folder;
  const std::string& directory = folder.path();
  const std::string cluster = folder.write("cluster.yaml", "hosts: {pve1: {}}\n");
  const pid_t front = fork();
  if (front == 0) {
    execl(PCB_LAB_PROGRAM, PCB_LAB_PROGRAM, "up", cluster.c_str(), "--dir", directory.c_str(), "--foreground",
          static_cast<char*>(nullptr));
    _exit(127);
  }
  const auto status = [&] { return run_and_wait({PCB_LAB_PROGRAM, "status", "--dir", directory}); };
  EXPECT_TRUE(await(20, [&] { return status().code == 0; }));
  const std::string bridge = nlohmann::json::parse(status().out)["bridge"];
  kill(front, SIGINT);
  int code = -1;
  waitpid(front, &code, 0);
  EXPECT_EQ(WEXITSTATUS(code), 0);
  EXPECT_EQ(remains_of(bridge, directory), "");
}

}  // namespace
}  // namespace pcb::lab

// What lies on a host's disk before it starts.
#include <filesystem>

#include <sys/stat.h>
#include <unistd.h>

#include "tests/lab/host/host.h"
#include "tests/lab/host/run.h"
#include "tests/lab/model/render.h"

namespace pcb::lab {
namespace {

const char* const kSshdConfig =
    "Port 22\nHostKey /etc/ssh/ssh_host_ed25519_key\nHostKey /etc/ssh/ssh_host_ecdsa_key\nHostKey "
    "/etc/ssh/ssh_host_rsa_key\n"
    "PermitRootLogin yes\nPasswordAuthentication yes\nKbdInteractiveAuthentication no\nUsePAM no\nUseDNS no\n"
    "PrintMotd no\nAcceptEnv LANG LC_*\nMaxSessions 10\nMaxStartups 10:30:100\nPidFile /run/sshd.pid\n"
    "Subsystem sftp /usr/lib/openssh/sftp-server\n";

const char* const kBashrc =
    "# ~/.bashrc: executed by bash(1) for non-login shells.\n# export LS_OPTIONS='--color=auto'\n# alias "
    "ll='ls $LS_OPTIONS -l'\n";

// The machine's accounts, but for root: its shell is Proxmox's, its password the lab's.
Result<std::string> accounts(const std::string& path, const std::string& root_line) {
  const auto text = read_file(path);
  if (!text) return text.error();
  std::string out = root_line + "\n";
  for (std::size_t at = 0; at < text->size();) {
    const auto end = text->find('\n', at);
    const std::string line = text->substr(at, end == std::string::npos ? end : end - at);
    if (line.rfind("root:", 0) != 0 && !line.empty()) out += line + "\n";
    at = end == std::string::npos ? text->size() : end + 1;
  }
  return out;
}

Status copy_keys(const HostPlan& plan, const HostFiles& files) {
  for (const char* type : {"ed25519", "ecdsa", "rsa"}) {
    const std::string name = std::string("/ssh_host_") + type + "_key";
    for (const char* suffix : {"", ".pub"}) {
      const auto text = read_file(files.host_keys + name + suffix);
      if (!text) return text.error();
      const auto written =
          write_file(plan.base + "/etc/ssh" + name + suffix, *text, *suffix == '\0' ? 0600 : 0644);
      if (!written) return written;
    }
  }
  return Done{};
}

Status copy_standins(const HostPlan& plan, const HostFiles& files) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(files.standins, error)) {
    const auto text = read_file(entry.path().string());
    if (!text) return text.error();
    const bool library = entry.path().extension() == ".sh";
    const std::string to = library ? "/usr/share/pcb-lab/" : "/usr/sbin/";
    const auto written =
        write_file(plan.base + to + entry.path().filename().string(), *text, library ? 0644 : 0755);
    if (!written) return written;
  }
  if (error) return Error{"cannot read the stand-ins in " + files.standins + ": " + error.message()};
  return Done{};
}

}  // namespace

Status lay_out(const HostPlan& plan, const HostSpec& spec, const HostFiles& files) {
  for (const char* directory :
       {"/fs", "/etc/pve", "/etc/ssh", "/etc-work", "/usr/sbin", "/usr/share/perl5/PVE", "/usr/share/pcb-lab",
        "/usr-work", "/var/lib/vz", "/var/log/pve/tasks", "/var-work", "/run/sshd", "/run/lock",
        "/run/qemu-server", "/run/pcb-lab"}) {
    if (const auto made = make_directories(plan.base + directory); !made) return made;
  }
  for (const char* directory : {"/root", "/root/.ssh"}) {
    if (const auto made = make_directories(plan.base + directory, 0700); !made) return made;
  }
  if (const auto made = make_directories(plan.base + "/tmp", 01777); !made) return made;
  std::string hash = "*";
  if (!spec.password.empty()) {
    const std::string file = plan.base + "/tmp/.hash";
    const auto hashed =
        run_program({"sh", "-c", "openssl passwd -6 -stdin >\"$1\"", "sh", file}, spec.password + "\n");
    if (!hashed) return hashed.error().in("the password of host " + spec.name + ": ");
    hash = read_file(file).value();
    while (!hash.empty() && hash.back() == '\n') hash.pop_back();
    unlink(file.c_str());
  }
  const auto passwd = accounts("/etc/passwd", "root:x:0:0:root:/root:/bin/bash");
  if (!passwd) return passwd.error();
  const auto shadow = accounts("/etc/shadow", "root:" + hash + ":19700:0:99999:7:::");
  if (!shadow) return shadow.error();
  struct Text {
    const char* path;
    std::string text;
    mode_t mode;
  };
  for (const auto& [path, text, mode] :
       {Text{"/etc/passwd", *passwd, 0644}, Text{"/etc/shadow", *shadow, 0640},
        Text{"/etc/hostname", spec.name + "\n", 0644},
        Text{"/etc/hosts", "127.0.0.1 localhost\n" + plan.card.address + " " + spec.name + "\n", 0644},
        Text{"/etc/ssh/sshd_config", kSshdConfig, 0644}, Text{"/root/.bashrc", kBashrc, 0644},
        Text{"/root/.ssh/authorized_keys2", files.authorized_key, 0600},
        Text{"/usr/share/perl5/PVE/pvecfg.pm", render::pvecfg(spec), 0644}}) {
    if (const auto written = write_file(plan.base + path, text, mode); !written) return written;
  }
  if (symlink("/etc/pve/priv/authorized_keys", (plan.base + "/root/.ssh/authorized_keys").c_str()) != 0)
    return Error{errno_text("cannot link authorized_keys")};
  if (const auto copied = copy_keys(plan, files); !copied) return copied;
  return copy_standins(plan, files);
}

}  // namespace pcb::lab

"""What somebody who has one of the two keys would try. Each is (name, how): none may do anything on the host.

MARK stands for a file on the host that must not be there afterwards, HOST and KEY for where and with what.
A word list is given to ssh in place of a command; the text after it, if any, goes to its standard input.
"""

# What is asked to be run. In the right form but with another script, too: it must not be executed.
COMMANDS = [
    "id", "touch MARK", "sh -c 'touch MARK'", "bash -i -c 'touch MARK'", "exec touch MARK", "exec sh -c touch MARK",
    "exec sh -c 'touch MARK'", "exec sh -c '' ; touch MARK", "exec sh -c ''\ntouch MARK", "exec sh -c $(touch MARK)",
    "exec sh -c `touch MARK`", "exec sh -c '' && touch MARK", "exec sh -c '' | tee MARK", "exec  sh -c 'touch MARK'",
    "EXEC SH -C 'touch MARK'", "; touch MARK", "| touch MARK", "& touch MARK", "$(touch MARK)", "`touch MARK`",
    "\ntouch MARK", "'; touch MARK; '", '"; touch MARK; "', "collect; touch MARK", "migrate\ntouch MARK",
    "../../../bin/touch MARK", "/bin/touch MARK", "env touch MARK", "sudo -n touch MARK", "sudo -n -s touch MARK",
    "sudo -n /usr/lib/proxmox-cluster-balancer/node-collect.sh MARK", "sudo -n -u root sh -c 'touch MARK'",
    "sudo -n /usr/lib/proxmox-cluster-balancer/../../bin/touch MARK", "sudo -n pct stop 101", "pct stop 101",
    "qm destroy 201 --purge", "pvesh create /nodes/pve1/status --command reboot", "reboot", "systemctl stop ssh",
    "systemd-run touch MARK", "cat /etc/pve/priv/authkey.key", "cat /etc/shadow", "tee MARK", "dd of=MARK",
    "scp -t /tmp", "scp -f /etc/shadow", "rsync --server . /tmp", "internal-sftp", "/usr/lib/openssh/sftp-server",
    "tar -x -C /", "perl -e 'open F,\">MARK\"'", "python3 -c 'open(\"MARK\",\"w\")'", "nc -l 4444", "at now -f MARK",
    "crontab -", "su -c 'touch MARK'", "nsenter -t 1 -m touch MARK", "kill -9 1", "authorized_keys", "\x1b]0;x\x07",
    "A" * 20000, "pcm1 0123456789abcdef stop lxc/101", "pcb1 0123456789abcdef host;touch MARK",
]

# What is said to the script that answers, one request a line.
REQUESTS = [
    "touch MARK", "pcb1 0123456789abcdef host;touch${IFS}MARK", "pcb1 0123456789abcdef $(touch MARK)",
    "pcb1 `touch MARK` host", "pcb1 0123456789abcdef ../../../etc/shadow", "pcb1 0123456789abcdef /etc/shadow",
    "pcb1 0123456789abcdef *", "pcb1 0123456789abcdef host /etc/shadow", "pcb9 0123456789abcdef host",
    "eval touch MARK", "exit; touch MARK", "pcm1 0123456789abcdef stop lxc/101", "pcm1 0123456789abcdef start",
    "pcm1 0123456789abcdef start ID lxc/101;reboot pve1 pve2 restart running shared 0 0 0 99999999 ID",
    "pcm1 0123456789abcdef start ID lxc/101 pve1 pve2;touch${IFS}MARK restart running shared 0 0 0 99999999 ID",
    "pcm1 0123456789abcdef start ID lxc/101 pve1 --delete restart running shared 0 0 0 99999999 ID",
    "pcm1 0123456789abcdef start ID lxc/0101 pve1 pve2 restart running shared 0 0 0 99999999 ID",
    "pcm1 0123456789abcdef start ID lxc/101 pve1 pve2 restart running shared 0 0 0 99999999 ID --force",
    "pcm1 0123456789abcdef start ID lxc/101 pve1 pve2 restart running shared 0 0 0 0 ID",
    "pcm1 0123456789abcdef start $(touch MARK) lxc/101 pve1 pve2 restart running shared 0 0 0 99999999 ID",
    "pcm1 0123456789abcdef guest ID lxc/101 pve1 0 ID", "pcm1 0123456789abcdef clear ID ../../etc",
    "pcm1 0123456789abcdef status ../../../etc/shadow", "pcm1 0123456789abcdef status lxc/101 touch MARK",
    "pcm1 0123456789abcdef maintenance enable pve1 99999999 ID", "pcm1 0123456789abcdef maintenance stop pve1 9 ID",
    "pcm1 0123456789abcdef maintenance enable pve1;reboot 99999999 ID",
    "pcm1 0123456789abcdef maintenance disable --help 99999999 ID",
    "pcm1 0123456789abcdef maintenance disable $(touch${IFS}MARK) 99999999 ID",
    "pcm1 0123456789abcdef lock steal ID", "pcm1 0123456789abcdef lock take ../../x", "pcm1 * * * * *", "B" * 60000,
]

# Other ways in: options of ssh, with a command that would tell.
OPTIONS = [
    ["-tt"], ["-X"], ["-A"], ["-s", "sftp"], ["-L", "127.0.0.1:0:127.0.0.1:22", "-o", "ExitOnForwardFailure=yes"],
    ["-R", "0:127.0.0.1:22", "-o", "ExitOnForwardFailure=yes"], ["-D", "127.0.0.1:0"], ["-W", "127.0.0.1:22"],
    ["-w", "any"], ["-o", "SetEnv=LC_ALL=() { :; }; touch MARK"], ["-o", "SetEnv=PATH=/tmp"],
    ["-o", "SetEnv=LD_PRELOAD=/tmp/x.so"], ["-o", "SetEnv=SSH_ORIGINAL_COMMAND=x"], ["-o", "SetEnv=ENV=MARK"],
]

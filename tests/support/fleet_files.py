"""The files of a made-up Proxmox VE 8 host, as node-collect.sh reads them: text by path, for tests/support/fleet.py.

Every guest is a running container; each third is a VM. Sizes and line counts are those of a real host: what a cycle
costs depends on them. /proc is not made up: it is this machine's own.
"""

CGROUP_FILES = ("cgroup.events", "cpu.stat", "memory.current", "memory.stat", "memory.swap.current", "memory.events",
                "io.stat", "cpu.pressure", "memory.pressure", "io.pressure")

# cgroup v2's names and their order, as Proxmox VE 8's kernel 6.8 prints them.
MEMORY_STAT = """anon file kernel kernel_stack pagetables sec_pagetables percpu sock vmalloc shmem zswap zswapped
file_mapped file_dirty file_writeback swapcached anon_thp file_thp shmem_thp inactive_anon active_anon inactive_file
active_file unevictable slab_reclaimable slab_unreclaimable slab workingset_refault_anon workingset_refault_file
workingset_activate_anon workingset_activate_file workingset_restore_anon workingset_restore_file
workingset_nodereclaim pgscan pgsteal pgscan_kswapd pgscan_direct pgscan_khugepaged pgsteal_kswapd pgsteal_direct
pgsteal_khugepaged pgfault pgmajfault pgrefill pgactivate pgdeactivate pglazyfree pglazyfreed thp_fault_alloc
thp_collapse_alloc""".split()


def guest_id(host, guest):
    """Unique in the cluster; hosts and guests count from 0."""
    return 1000 + host * 1000 + guest


def is_vm(guest):
    return guest % 3 == 2


def _pressure(seed):
    return (f"some avg10=0.{seed % 90:02} avg60=0.{seed % 80:02} avg300=0.{seed % 70:02} total={seed * 7919}\n"
            f"full avg10=0.{seed % 50:02} avg60=0.{seed % 40:02} avg300=0.{seed % 30:02} total={seed * 3671}\n")


def guest_cgroup(number):
    """{file: text} of one guest's cgroup."""
    usage = 423360000000 + number * 104729
    memory = 268435456 + number * 4096
    stat = {name: (number * 37 + place * 4096) % 100000000 for place, name in enumerate(MEMORY_STAT)}
    stat.update(anon=memory // 2, file=memory // 4, shmem=4096 * (number % 100))
    return {
        "cgroup.events": "populated 1\nfrozen 0\n",
        "cpu.stat": f"usage_usec {usage}\nuser_usec {usage // 3 * 2}\nsystem_usec {usage // 3}\n"
                    "core_sched.force_idle_usec 0\nnr_periods 1200\nnr_throttled 12\nthrottled_usec 345678\n"
                    "nr_bursts 0\nburst_usec 0\n",
        "memory.current": f"{memory}\n",
        "memory.stat": "".join(f"{name} {value}\n" for name, value in stat.items()),
        "memory.swap.current": f"{4096 * (number % 500)}\n",
        "memory.events": "low 0\nhigh 0\nmax 0\noom 0\noom_kill 0\noom_group_kill 0\n",
        "io.stat": f"8:0 rbytes={number * 8192} wbytes={number * 4096} rios={number} wios={number} dbytes=0 dios=0\n"
                   f"252:3 rbytes={number * 16384} wbytes={number * 8192} rios={number} wios={number} "
                   "dbytes=4096 dios=1\n11:0 \n",
        "cpu.pressure": _pressure(number), "memory.pressure": _pressure(number // 3),
        "io.pressure": _pressure(number // 2),
    }


def guest_config(host, guest):
    number = guest_id(host, guest)
    net = f"name=eth0,bridge=vmbr0,firewall=1,hwaddr=BC:24:11:00:{number % 65536 // 256:02X}:{number % 256:02X}"
    if is_vm(guest):
        return (f"boot: order=scsi0\ncores: 2\ncpu: x86-64-v2-AES\nmemory: 4096\nname: vm-{number}\n"
                f"net0: virtio=BC:24:11:01:00:{number % 256:02X},bridge=vmbr0\nonboot: 1\nostype: l26\n"
                f"scsi0: ceph:vm-{number}-disk-0,size=32G\nscsihw: virtio-scsi-single\ntags: prod\n")
    return (f"arch: amd64\ncores: 2\nhostname: ct-{number}\nmemory: 2048\nnet0: {net},ip=dhcp,type=veth\nonboot: 1\n"
            f"ostype: debian\nrootfs: ceph:vm-{number}-disk-0,size=8G\nswap: 512\ntags: prod;web\nunprivileged: 1\n")


def cluster_files(names, guests):
    """{name below /etc/pve: text}: what every host shows of the whole cluster."""
    members = ",\n".join(f'  "{name}": {{ "id": {place + 1}, "online": 1, "ip": "127.0.0.1"}}'
                         for place, name in enumerate(names))
    listed = [(guest_id(host, guest), name, guest) for host, name in enumerate(names) for guest in range(guests)]
    vmlist = ",\n".join(f'"{number}": {{ "node": "{name}", "type": "{"qemu" if is_vm(guest) else "lxc"}", '
                        f'"version": {number} }}' for number, name, guest in listed)
    rows = [f"pve2-node/{name}:3460018:c:4000000000:3.23:8:0.3675:0.004:33625735168:18373201100:0:0:100931731456:"
            "23622320128:987654321012:456789012345" for name in names]
    rows += [f"pve2-storage/{name}/{storage}:4000000000:966367641600:440234147840"
             for name in names for storage in ("local", "ceph")]
    rows += [f"pve2.3-vm/{number}:43210:guest-{number}:running:0:4000000000:2:0.0105:2147483648:351272960:8589934592:"
             "3145728000:314697800:209779200:5371854848:2154823680" for number, _, _ in listed]
    return {
        ".version": '{\n"starttime": 1760544000,\n"clinfo": 11,\n"vmlist": 42,\n"storage.cfg": 2,\n'
                    '"datacenter.cfg": 3,\n"ha/manager_status": 90011\n}\n',
        ".members": f'{{\n"nodename": "{names[0]}",\n"version": 11,\n"cluster": {{ "name": "fleet", "version": 3, '
                    f'"nodes": {len(names)}, "quorate": 1 }},\n"nodelist": {{\n{members}\n  }}\n}}\n',
        ".vmlist": f'{{\n"version": 42,\n"ids": {{\n{vmlist}}}\n\n}}\n',
        ".rrd": "\n".join(rows) + "\n",
        "storage.cfg": "dir: local\n\tpath /var/lib/vz\n\tcontent iso,vztmpl,backup\n\n"
                       "rbd: ceph\n\tpool ceph\n\tcontent images,rootdir\n\tkrbd 1\n",
        "datacenter.cfg": "keyboard: de\n",
        "ha/manager_status": '{"master_node":"' + names[0] + '","node_status":{' +
                             ",".join(f'"{name}":"online"' for name in names) + '},"service_status":{}}\n',
    }


def host_files(names, host, guests):
    """{path: text} of what is this host's own; cgroups below /sys/fs/cgroup included."""
    files = {"/sys/fs/cgroup/cgroup.controllers": "cpuset cpu io memory hugetlb pids rdma misc\n",
             "/var/log/pve/tasks/active": "",
             "/var/lib/pve-manager/pve-replication-state.json": "{}\n"}
    for guest in range(guests):
        number = guest_id(host, guest)
        if is_vm(guest):
            cgroup, config = f"/sys/fs/cgroup/qemu.slice/{number}.scope", f"qemu-server/{number}.conf"
            files[f"/run/qemu-server/{number}.pid"] = "1\n"
        else:
            cgroup, config = f"/sys/fs/cgroup/lxc/{number}", f"lxc/{number}.conf"
            files[f"/sys/fs/cgroup/lxc.monitor/{number}/cgroup.procs"] = "1\n"
        for name, text in guest_cgroup(number).items():
            files[f"{cgroup}/{name}"] = text
        files[f"/etc/pve/nodes/{names[host]}/{config}"] = guest_config(host, guest)
    return files

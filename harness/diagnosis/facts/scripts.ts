import { quoteWord } from '../../shell-word.js'

/**
 * What a node is asked, one script for all init systems: what a node has not is left out. Each part begins with a line
 * `@part NAME` and is what a program says as it is; `read-*.ts` understand it. Under TCG the start of a program costs a tenth of a
 * second, so there are few, and nothing is worked out in the node. `@end` tells that all of it was said.
 */
const head = String.raw`
export LC_ALL=C PATH=$PATH:/sbin:/usr/sbin:/usr/local/sbin
exec 2>/dev/null
have() { command -v "$1" >/dev/null; }
part() { printf '\n@part %s\n' "$*"; }
`

/** What can change from one moment to the next. */
export const stateScript = (names: readonly string[], services: readonly string[]): string => `${head}
names='${names.join(' ')}'
services='${services.join(' ')}'
${String.raw`
part clock
date '+%s %Z'
hostname
part ticks before
cat /proc/uptime /proc/[0-9]*/stat
part names
if have getent; then getent ahostsv4 $names; else grep -v '^ *#' /etc/hosts; fi
part links
ip -o link
part addresses
ip -o addr
part routes
ip route show table all || ip route
part routing rules
ip rule
part neighbours
ip neigh show nud permanent
part queues
have tc && tc qdisc show
part sockets
if have ss; then ss -Hltunp; else netstat -ltun; fi
part connections
have ss && ss -Htn state established
part mounts
cat /proc/mounts
part room
df -P -k
part files left
df -P -i
part memory
cat /proc/meminfo
part swap
cat /proc/swaps
part modules
cat /proc/modules
part units
if [ -d /run/systemd/system ]; then
    systemctl list-units --all --plain --no-legend --no-pager --full
    part properties
    [ -z "$services" ] || systemctl show -p Id,LoadState,ActiveState,SubState,Result,ExecMainStatus,ExecMainCode,UnitFileState,StateChangeTimestamp,NRestarts,MainPID,FreezerState,User,Nice,CPUQuotaPerSecUSec,MemoryMax,MemoryHigh,TasksMax,LimitNOFILE,LimitNPROC,LimitFSIZE,DropInPaths,FragmentPath $services
fi
part processes
cat /proc/[0-9]*/status | grep -E '^(Name|State|Pid|PPid|Uid|VmRSS|Threads|TracerPid):'
part limits
grep -HE '^Max (open files|processes|file size|address space)' /proc/[0-9]*/limits
part units of processes
grep -H . /proc/[0-9]*/cgroup
part cgroups
grep -H . /sys/fs/cgroup/*.slice/*/cgroup.freeze /sys/fs/cgroup/*.slice/*/cpu.max /sys/fs/cgroup/*.slice/*/memory.max /sys/fs/cgroup/*.slice/*/pids.max
part volume groups
have vgs && vgs --noheadings --nosuffix --units m --separator ' ' -o vg_name,vg_attr,vg_size,vg_free
part rules
have iptables-save && iptables-save
have nft && { part nft; nft list ruleset; }
have ip6tables-save && { part rules IPv6; ip6tables-save; }
have ebtables-save && { part rules ebtables; ebtables-save; }
for space in $(ls /run/netns | head -n 8); do
    part addresses in "$space"
    ip netns exec "$space" ip -o addr
    have iptables-save && { part rules in "$space"; ip netns exec "$space" iptables-save; }
done
if have ovs-vsctl; then
    part switch
    # A daemon that stands still must not be taken for a node that does: that is given up after 30 s of silence.
    timeout 20 ovs-vsctl --timeout=15 show && for bridge in $(timeout 20 ovs-vsctl --timeout=15 list-br); do part flows "$bridge"; timeout 20 ovs-ofctl dump-flows "$bridge"; done
fi
part settings
sysctl -a
part ticks after
cat /proc/uptime /proc/[0-9]*/stat
part uptime
cat /proc/uptime
echo; echo @end
`}`

/** Files, folders and devices: whose they are, who may do what, when they were changed. */
export const filesScript = String.raw`${head}
# find(1) of GNU tells all by itself; of busybox's and others stat(1) is told.
if find / -maxdepth 0 -printf ''; then
    told() { find "$@" -printf '%p %y %m %u:%g:%U:%G %s %C@ %l\n'; }
else
    told() { find "$@" -print0 | xargs -0 stat -c '%n %F %a %U:%G:%u:%g %s %Z'; }
fi
part devices
stat -c '%n %F %a %U:%G:%u:%g %t:%T %Z' /dev/* /dev/net/* /dev/mapper/*
part programs
told /usr/bin /usr/sbin /usr/local/bin /usr/local/sbin /usr/libexec /bin/busybox -maxdepth 1
part folders
told /var /srv /opt /home /root /run /usr/lib/systemd /usr/share/openstack-dashboard -xdev -maxdepth 4 \( -path /var/lib/dpkg -o -path /var/lib/apt -o -path /var/cache -o -path /run/systemd -o -path /run/udev \) -prune -o \( -type d -o -type s \)
told / /run /tmp /var/tmp /run/lock /etc /var -maxdepth 0
part files
told /etc /root/.bashrc -xdev
part links of files
find / -maxdepth 0 -printf '' || find /etc -xdev -type l | xargs ls -ld
part unchangeable
have lsattr && lsattr -d /etc/* /etc/*/* /var/lib/* /var/lib/*/* /var/log/* | grep -E '^[-a-zA-Z]*[ia][-a-zA-Z]* '
part large files
told /var /tmp /root /home /srv /opt /usr/local /run /dev/shm / -xdev -maxdepth 3 -type f -size +30000k | sort -u
echo; echo @end
`

/** What all files of /etc say: their sums, and the lines of those that are settings. */
export const contentScript = String.raw`${head}
part digests
find /etc /root/.bashrc -xdev -type f -size -600k -print0 | xargs -0 md5sum
part texts
grep -rsHv '^[[:space:]]*\([#;]\|$\)' $(ls -d /etc/* | grep -vE '^/etc/(ssl|ca-certificates.*|alternatives|X11|fonts|perl|python3.*|mime.types|services|protocols|iproute2|rpc|magic.*|terminfo|rc.\.d|init\.d|shadow.*|gshadow.*|ld\.so.*|dpkg|apt|bash.*|emacs|vim|skel|deluser.conf|adduser.conf|debconf.conf|ethertypes|networks|wgetrc|inputrc)$') /root/.bashrc | head -c 4000000
echo; echo @end
`

/** The same of some files. */
export const contentOf = (paths: readonly string[]): string => `${head}
set -- ${paths.map(quoteWord).join(' ')}
${String.raw`
part digests
md5sum "$@"
part texts
grep -sHv '^[[:space:]]*\([#;]\|$\)' "$@" | head -c 1000000
echo; echo @end
`}`

/** Lines of logs that may tell of something that failed, since a moment. @param since seconds since 1970 by the node's clock */
export const logScript = (since: number): string => `${head}
since=${Math.floor(since)}
${String.raw`
telling='error|warn|crit|fatal|emerg|fail|denied|refused|timed? ?out|exceed|unable|cannot|could not|invalid|no valid|unauthori|forbidden|not found|no such|no space|too many|exception|killed|unreachable|reset by|broken pipe|corrupt|lost|blocked for|read-only'
part kernel
dmesg | grep -aiE "$telling|I/O|remount|hung|oom" | tail -n 60
part journal
have journalctl && journalctl --since="@$since" -o short-unix -q --no-pager -n 6000 | grep -aiE "$telling" | tail -n 500
part logs
mark=/dev/shm/stackrig-since
touch -d "@$since" $mark
set -- /dev/null $(find /var/log -maxdepth 2 \( -name '*.log' -o -name syslog -o -name messages \) -size +0 -newer $mark)
tail -n 1500 "$@" | grep -aiE "^==> |$telling" | tail -n 3000
rm -f $mark
echo; echo @end
`}`

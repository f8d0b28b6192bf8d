import type { OperatingSystem } from './contract.js'

const address = 'ip={address}::{gateway}:{netmask}:{name}:eth0:off'
const journal = 'journalctl --boot --no-pager --lines=2000; tail -n 300 /var/log/*/*.log 2>/dev/null'

// On a busy host a node stands still for a while, which is no stall worth a page of trace on its console.
const debianWords = `${address} rcupdate.rcu_cpu_stall_suppress=1`

/** Debian 12 as it is installed. */
export const debian12Systemd: OperatingSystem = {
  init: 'systemd',
  kernelWords: debianWords,
  logs: journal,
  units: {
    // The units that are called as the packages are /bin/true; these do the work.
    postgresql: ['postgresql@15-main'],
    'openvswitch-switch': ['ovsdb-server', 'ovs-vswitchd'],
  },
}

/** Debian 12 under System V init: without systemd, and without its journal. */
export const debian12Sysv: OperatingSystem = {
  init: 'sysv',
  kernelWords: debianWords,
  logs: 'tail -n 300 /var/log/*.log /var/log/syslog /var/log/*/*.log 2>/dev/null',
}

// Poky calls the first network card eth0, as the kernel does: runqemu's words, with the name.
const pokyWords = `${address} net.ifnames=0`

/** Yocto's reference distribution under systemd. */
export const pokySystemd: OperatingSystem = { init: 'systemd', kernelWords: pokyWords, logs: journal }

/** The same under System V init. */
export const pokySysv: OperatingSystem = {
  init: 'sysv',
  kernelWords: pokyWords,
  logs: 'tail -n 300 /var/log/messages /var/log/postinstall.log /var/log/*/*.log 2>/dev/null',
}

/** A kernel and busybox: it boots in seconds, and runs nothing. */
export const busybox: OperatingSystem = { init: 'busybox', kernelWords: address }

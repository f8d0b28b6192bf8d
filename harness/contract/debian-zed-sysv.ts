import type { Contract, RoleContract } from './contract.js'
import { debianZed } from './debian-zed.js'

const roles = Object.values(debianZed.roles)
const everyOne = <Key extends 'services' | 'edits' | 'restart'>(key: Key): RoleContract[Key][number][] =>
  roles.flatMap((role) => [...role[key]])

/** The packages' own init scripts, for what is a unit of its own under systemd. */
const initScripts: Readonly<Record<string, string>> = {
  'postgresql@15-main': 'postgresql',
  'ovsdb-server': 'openvswitch-switch',
  'ovs-vswitchd': 'openvswitch-switch',
}

/** What the three nodes of `debian-zed` must be told and must run, each thing once: they share services and files. */
const allInOne: RoleContract = {
  services: [...new Set(everyOne('services').map((unit) => initScripts[unit] ?? unit))],
  edits: [
    ...new Map(
      everyOne('edits').map((edit) => [[edit.file, edit.section, edit.key].join('\n'), edit]),
    ).values(),
  ],
  restart: [...new Set(everyOne('restart'))],
}

/** `debian-zed` on one node that plays all roles, under System V init: without systemd, and without its journal. */
export const debianZedSysv: Contract = {
  ...debianZed,
  name: 'debian-zed-sysv',
  init: 'sysv',
  logs: 'tail -n 300 /var/log/*.log /var/log/syslog /var/log/*/*.log 2>/dev/null',
  roles: { 'all-in-one': allInOne },
}

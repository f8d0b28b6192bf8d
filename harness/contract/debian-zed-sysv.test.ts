import { expect, test } from 'vitest'
import { debianZedSysv } from './debian-zed-sysv.js'
import { debianZed } from './debian-zed.js'

const role = debianZedSysv.roles['all-in-one']
const three = Object.values(debianZed.roles)

test('one node runs what three run, each service once', () => {
  const services = role?.services ?? []
  const units = new Set(three.flatMap((one) => one.services))
  // Debian has one init script for the two units of Open vSwitch.
  const renamed = ['postgresql@15-main', 'ovsdb-server', 'ovs-vswitchd']
  for (const unit of units) expect(services.includes(unit)).toBe(!renamed.includes(unit))
  expect(services.filter((service) => !units.has(service))).toEqual(['postgresql', 'openvswitch-switch'])
  expect(new Set(services).size).toBe(services.length)
})

test('one node is told what three are told, each key once', () => {
  const edits = role?.edits ?? []
  expect(edits).toEqual(expect.arrayContaining(three.flatMap((one) => one.edits)))
  const keys = edits.map(({ file, section, key }) => `${file} ${section} ${key}`)
  expect(new Set(keys).size).toBe(keys.length)
})

test('no command asks for systemd', () => {
  expect(debianZedSysv.logs).not.toMatch(/journalctl|systemctl/)
})

import { expect, test } from 'vitest'
import { debianZedSysv } from './debian-zed-sysv.js'
import { debianZed } from './debian-zed.js'

const role = debianZedSysv.roles['all-in-one']
const three = Object.values(debianZed.roles)

test('one node runs what three run, each service once', () => {
  const services = role?.services ?? []
  expect(services).toEqual(expect.arrayContaining(three.flatMap((one) => one.services)))
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

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadOrder } from './kernel.js'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stackrig-modules-'))
  // Only the part of a module that is read: its .modinfo section.
  const module = (name: string, depends: string) =>
    writeFileSync(join(folder, `${name}.ko`), `ELF\0license=GPL\0depends=${depends}\0name=${name}\0`)
  module('net', 'failover,bus')
  module('failover', '')
  module('bus', 'ring')
  module('ring', '')
})
afterAll(() => rmSync(folder, { recursive: true }))

const order = (names: string[], missing: string[] = []) =>
  loadOrder(
    names,
    (name) => (['net', 'failover', 'bus', 'ring'].includes(name) ? join(folder, `${name}.ko`) : undefined),
    (name) => missing.push(name),
  ).map((file) => file.slice(folder.length + 1))

test('what a module needs comes before it, once', () => {
  expect(order(['bus', 'net'])).toEqual(['ring.ko', 'bus.ko', 'failover.ko', 'net.ko'])
})

test('a module that does not exist is reported', () => {
  const missing: string[] = []
  expect(order(['nosuch'], missing)).toEqual([])
  expect(missing).toEqual(['nosuch'])
})

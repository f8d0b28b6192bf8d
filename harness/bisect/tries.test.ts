import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Tries } from './tries.js'

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stackrig-tries-'))
  file = join(folder, 'bisect', 'tries.json')
})
afterEach(() => rmSync(folder, { recursive: true }))

test('another process knows what was tried', () => {
  new Tries(file).remember('a', { passed: 0, failed: 2, cause: 'late' })
  new Tries(file).remember('b', { passed: 2, failed: 0 })
  const tries = new Tries(file)
  expect(tries.find('a', 2)).toMatchObject({ passed: 0, failed: 2, cause: 'late' })
  expect(tries.find('b', 1)).toMatchObject({ passed: 2 })
  expect(tries.find('c', 1)).toBeUndefined()
})

test('fewer runs than are wanted say nothing; what could not be built has none', () => {
  const tries = new Tries(file)
  tries.remember('a', { passed: 1, failed: 0 })
  tries.remember('b', { passed: 0, failed: 0, unbuilt: 'no module' })
  expect(tries.find('a', 2)).toBeUndefined()
  expect(tries.find('b', 2)).toMatchObject({ unbuilt: 'no module' })
  // The next process tries again: what was in the way may be gone.
  expect(new Tries(file).find('b', 2)).toBeUndefined()
  expect(readFileSync(file, 'utf8')).not.toContain('no module')
})

test('a try that is made again counts anew, and the oldest are forgotten', () => {
  const tries = new Tries(file)
  for (let n = 0; n < 510; n++) tries.remember(`k${n}`, { passed: 1, failed: 0 })
  tries.remember('k500', { passed: 0, failed: 1 })
  expect(tries.find('k0', 1)).toBeUndefined()
  expect(tries.find('k500', 1)).toMatchObject({ failed: 1 })
  expect((JSON.parse(readFileSync(file, 'utf8')) as { tries: unknown[] }).tries).toHaveLength(500)
})

test('a file that is torn is none', () => {
  const tries = new Tries(file)
  tries.remember('a', { passed: 1, failed: 0 })
  writeFileSync(file, '{ "version": 1, "tr')
  expect(tries.find('a', 1)).toBeUndefined()
  tries.remember('b', { passed: 1, failed: 0 })
  expect(tries.find('b', 1)).toBeDefined()
})

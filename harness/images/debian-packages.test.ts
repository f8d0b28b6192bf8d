import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { forgetSettings } from '../settings.js'
import { privateApt } from './debian-packages.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stackrig-apt-'))
  vi.stubEnv('STACKRIG_DOWNLOADS', folder)
})
afterEach(() => {
  vi.unstubAllEnvs()
  forgetSettings()
  rmSync(folder, { recursive: true })
})

function useArchive(line: string | undefined): string[] {
  vi.stubEnv('STACKRIG_ARCHIVE', line)
  forgetSettings()
  return privateApt('bookworm', 'all')
}

test('two processes with two archives do not write the same list of sources', () => {
  const none = useArchive(undefined)
  const one = useArchive('deb http://one.example/ bookworm main')
  const two = useArchive('deb http://two.example/ bookworm main')
  expect(new Set([none, one, two].map(String)).size).toBe(3)
  expect(useArchive('deb http://one.example/ bookworm main')).toEqual(one)
  const all = join(folder, 'apt', 'all')
  const sources = readdirSync(all).map((name) => readFileSync(join(all, name, 'sources.list'), 'utf8'))
  expect(sources.filter((text) => text.includes('one.example'))).toHaveLength(1)
  expect(readdirSync(all).every((name) => /^bookworm-[0-9a-f]{12}$/.test(name))).toBe(true)
})

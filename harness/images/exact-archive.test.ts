import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { forgetSettings } from '../settings.js'
import { downloadExactly, madisonVersions, onlyUnknownNames, packagesMissing } from './exact-archive.js'

let folder: string
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'stackrig-downloads-'))))
afterEach(() => {
  vi.unstubAllEnvs()
  forgetSettings()
  rmSync(folder, { recursive: true, force: true })
})

test('versions that apt knows', () => {
  const said = `busybox-static | 1:1.35.0-4+b1 | http://mirror.example/debian bookworm/main amd64 Packages
linux-image-cloud-amd64 |  6.1.192-3 | http://mirror.example/security bookworm-security/main amd64 Packages`
  expect(madisonVersions(said)).toEqual(['busybox-static=1:1.35.0-4+b1', 'linux-image-cloud-amd64=6.1.192-3'])
  expect(madisonVersions('')).toEqual([])
})

test('a name that apt does not know is no failure of apt', () => {
  expect(onlyUnknownNames('W: old\nE: Unable to locate package nosuch\n')).toBe(true)
  expect(onlyUnknownNames('E: Unable to locate package nosuch\nE: Could not open lock file')).toBe(false)
})

test('what was kept is taken without asking anybody', async () => {
  vi.stubEnv('STACKRIG_DOWNLOADS', folder)
  forgetSettings()
  mkdirSync(join(folder, 'debs'))
  const files = ['busybox-static_1%3a1.35.0-4_amd64.deb', 'tool_2_all.deb'].map((name) =>
    join(folder, 'debs', name),
  )
  for (const file of files) writeFileSync(file, '')
  const log = { image: 'pocket', file: join(folder, 'log'), signal: new AbortController().signal }
  const packages = { 'busybox-static': '1:1.35.0-4', tool: '2' }
  expect(await downloadExactly(log, { name: 'pocket', suite: 'bookworm' }, packages)).toEqual(files)
})

test('what nobody has is named, and where it was looked for', () => {
  vi.stubEnv('STACKRIG_DOWNLOADS', folder)
  forgetSettings()
  const { code, message } = packagesMissing(['curl=1 (image compute)', 'nova=2 (image compute)'])
  expect(code).toBe('PACKAGE_MISSING')
  expect(message).toMatch(/nobody has curl=1 \(image compute\)\n +nova=2[\s\S]*STACKRIG_ARCHIVE/)
})

import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { forgetSettings } from '../settings.js'
import { imagesFolder } from './cache.js'
import { removeUnfinished } from './prune.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stackrig-prune-'))
  vi.stubEnv('STACKRIG_CACHE', folder)
  forgetSettings()
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

test('what a killed build left goes, what another image is being built in stays', async () => {
  for (const name of [
    '.building-compute-12',
    '.building-compute-345',
    '.building-compute-kvm-67',
    'compute-0123',
  ])
    mkdirSync(join(imagesFolder(), name))
  await removeUnfinished('compute')
  expect(readdirSync(imagesFolder()).sort()).toEqual(['.building-compute-kvm-67', 'compute-0123'])
})

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { forgetSettings } from '../settings.js'
import { imageDigest } from './image-digest.js'
import { readLock, writeLock } from './lock-file.js'
import { recipeDigest } from './recipe-digest.js'
import { readRecipe } from './recipe.js'

let folder: string
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'stackrig-exact-'))))
afterEach(() => {
  vi.unstubAllEnvs()
  forgetSettings()
  rmSync(folder, { recursive: true })
})

const pocket = readRecipe('pocket')

/** A lock in which pocket has this kernel. */
function exactLock(kernel: string): string {
  const lock = readLock()
  const entry = lock.images['pocket']
  if (!entry || !('packages' in entry)) throw new TypeError('pocket is a built image')
  const file = join(folder, `${kernel}.lock`)
  const packages = { 'busybox-static': '1', [`linux-image-${kernel}`]: kernel }
  writeLock({ version: 1, images: { pocket: { ...entry, packages } } }, file)
  return file
}

function digestWith(file: string): string {
  vi.stubEnv('STACKRIG_EXACT', file)
  forgetSettings()
  return imageDigest(pocket)
}

test('without exact packages it is that of the recipe', () => {
  vi.stubEnv('STACKRIG_EXACT', '')
  forgetSettings()
  expect(imageDigest(pocket)).toBe(recipeDigest(pocket))
})

test('with exact packages it is another for each set of them; an image that the lock has not is as ever', () => {
  const digests = ['6.1.0-1', '6.1.0-2'].map((kernel) => digestWith(exactLock(kernel)))
  expect(new Set([recipeDigest(pocket), ...digests]).size).toBe(3)
  expect(imageDigest(pocket, { 'busybox-static': '1', 'linux-image-6.1.0-2': '6.1.0-2' })).toBe(digests[1])
  const instance = readRecipe('instance')
  expect(imageDigest(instance)).toBe(recipeDigest(instance))
})

test('a lock that is not there, or no lock, is LOCK_INVALID', () => {
  expect(() => digestWith(join(folder, 'nowhere'))).toThrow(expect.objectContaining({ code: 'LOCK_INVALID' }))
  writeFileSync(join(folder, 'none'), 'version: 2')
  expect(() => digestWith(join(folder, 'none'))).toThrow(expect.objectContaining({ code: 'LOCK_INVALID' }))
})

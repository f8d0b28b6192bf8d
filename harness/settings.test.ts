import { expect, test } from 'vitest'
import { readSettings } from './settings.js'

test('defaults, and what is set to nothing is not set', () => {
  const defaults = readSettings({ PATH: '/bin' })
  expect(defaults).toMatchObject({ launcher: 'direct', goldenGiB: 24, core: 'three-node', path: '/bin' })
  expect(defaults.accelerator).toBeUndefined()
  expect(readSettings({ PATH: '/bin', STACKRIG_LAUNCHER: '', STACKRIG_ACCELERATOR: '' })).toEqual({
    ...defaults,
    environment: expect.anything() as NodeJS.ProcessEnv,
  })
})

test('what is given', () => {
  const given = { STACKRIG_CACHE: '/cache', STACKRIG_GOLDEN_GIB: '1.5', STACKRIG_ACCELERATOR: 'tcg' }
  expect(readSettings(given)).toMatchObject({ cache: '/cache', goldenGiB: 1.5, accelerator: 'tcg' })
})

test('downloads are kept in the cache, unless caches share them', () => {
  expect(readSettings({ STACKRIG_CACHE: '/cache' }).downloads).toBe('/cache')
  expect(readSettings({ STACKRIG_CACHE: '/cache', STACKRIG_DOWNLOADS: '/shared' })).toMatchObject({
    cache: '/cache',
    downloads: '/shared',
  })
})

test.each([
  ['STACKRIG_ACCELERATOR', 'xen', 'kvm or tcg'],
  ['STACKRIG_LAUNCHER', 'hand', 'direct or runqemu'],
  ['STACKRIG_GOLDEN_GIB', '0', 'a number of GiB'],
  ['STACKRIG_GOLDEN_GIB', 'much', 'a number of GiB'],
  ['STACKRIG_ARCHIVE', 'bookworm main', 'lines of apt sources'],
])('%s=%s is refused', (name, value, wanted) => {
  expect(() => readSettings({ [name]: value })).toThrow(
    expect.objectContaining({
      code: 'USAGE',
      message: expect.stringMatching(
        new RegExp(`${name} must be ${wanted}[\\s\\S]*seen: +${value}`),
      ) as string,
    }),
  )
})

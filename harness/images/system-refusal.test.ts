import { afterEach, expect, test, vi } from 'vitest'
import { forgetSettings } from '../settings.js'
import { variableOf } from './cache.js'
import { explainRefusal } from './system-refusal.js'

afterEach(() => {
  vi.unstubAllEnvs()
  forgetSettings()
})

function use(cache: string, downloads?: string): void {
  vi.stubEnv('STACKRIG_CACHE', cache)
  vi.stubEnv('STACKRIG_DOWNLOADS', downloads)
  forgetSettings()
}

test.each([
  ['/cache', undefined, '/cache/debs/a.deb', 'STACKRIG_CACHE'],
  ['/cache', '/shared', '/shared/debs/a.deb', 'STACKRIG_DOWNLOADS'],
  ['/cache', '/shared', '/cache/images', 'STACKRIG_CACHE'],
  // As of a bisect, whose cache lies in that of every day.
  ['/cache/bisect/work-1', '/cache', '/cache/bisect/work-1/images', 'STACKRIG_CACHE'],
  ['/cache/bisect/work-1', '/cache', '/cache/debs', 'STACKRIG_DOWNLOADS'],
  ['/cache', '/cache/downloads', '/cache/downloads/debs', 'STACKRIG_DOWNLOADS'],
])('of a cache in %s with downloads in %s: %s is moved by %s', (cache, downloads, path, variable) => {
  use(cache, downloads)
  expect(variableOf(path)).toBe(variable)
})

test('a refusal of the system says which', () => {
  use('/cache', '/shared')
  const refusal = Object.assign(new Error('full'), { code: 'ENOSPC', path: '/shared/debs/a.deb' })
  expect(explainRefusal(refusal, 'pocket')).toMatchObject({
    code: 'HOST_DISK',
    message: expect.stringContaining('STACKRIG_DOWNLOADS') as string,
  })
})

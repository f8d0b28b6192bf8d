import { expect, test } from 'vitest'
import { aLook } from '../testing/looks.js'
import { resourceGone } from './resource-gone.js'

const volume = (refresh: () => Promise<{ status: string; failure: string | undefined }>) => ({
  kind: 'volume',
  id: '1',
  name: '',
  refresh,
})

test('404 is gone, everything else is not', async () => {
  const gone = resourceGone(volume(() => Promise.reject(Object.assign(new Error('404'), { status: 404 }))))
  expect(gone.what).toBe('volume without a name (1) to be gone')
  expect(await gone.probe(aLook())).toEqual({ done: true, value: undefined })
  const there = resourceGone(volume(() => Promise.resolve({ status: 'error', failure: 'no host' })))
  expect(await there.probe(aLook())).toEqual({ done: false, seen: 'still there with status error: no host' })
  const late = Object.assign(new Error('503'), { status: 503 })
  await expect(resourceGone(volume(() => Promise.reject(late))).probe(aLook())).rejects.toBe(late)
})

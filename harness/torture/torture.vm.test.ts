import { beforeAll } from 'vitest'
import { openPlace } from './own-place.js'
import { withMachines } from './shares.js'
import { attemptShares } from './testing/attempt-share.js'

// One place for all: its golden snapshot is booted once.
beforeAll(() => {
  const place = openPlace()
  return () => place[Symbol.asyncDispose]()
})

await attemptShares(withMachines)

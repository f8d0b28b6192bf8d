import { expect, test } from 'vitest'
import type { ImagesLock } from '../images/index.js'
import { pairLocks } from './lock-pair.js'

const digest = '0'.repeat(64)
const built = (version: string): ImagesLock['images'][string] => ({
  ...{ role: 'compute', contract: 'debian-zed', recipe: 'fixtures/images/compute' },
  ...{ recipeDigest: digest, packagesDigest: digest, packages: { curl: version } },
})
const imported = (sha256: string): ImagesLock['images'][string] => ({
  ...{ role: 'compute', contract: 'pike', folder: '/deploy', conf: 'p.qemuboot.conf' },
  sha256: { bzImage: sha256 },
})
const lock = (images: ImagesLock['images']): ImagesLock => ({ version: 1, images })

test('the images of a topology as both have them', () => {
  const good = lock({ compute: built('1'), network: built('1'), theirs: imported(digest) })
  const bad = lock({ compute: built('2'), network: built('1'), theirs: imported(digest) })
  expect(pairLocks(good, bad, ['compute', 'theirs', 'nowhere'])).toEqual({
    good: { compute: built('1') },
    bad: { compute: built('2') },
    imported: { theirs: imported(digest) },
  })
})

test.each([
  ['one that the bad lock lacks', {}, /only the good lock has it/],
  ['one that was imported since', { compute: imported(digest) }, /made elsewhere/],
] as const)('%s is refused', (_, images, says) => {
  expect(() => pairLocks(lock({ compute: built('1') }), lock(images), ['compute'])).toThrow(
    expect.objectContaining({ code: 'USAGE', message: expect.stringMatching(says) as string }),
  )
})

import { expect, test } from 'vitest'
import { unwantedImages } from './bisect-cache.js'

test('images of other packages than the coming try has go', () => {
  const entries = [
    ...['compute-0123456789ab', 'compute-ffffffffffff', 'compute-ffffffffffff.bad'],
    ...['compute-kvm-ffffffffffff', 'pocket-ffffffffffff', 'digests.json', '.building-compute-12'],
  ]
  expect(unwantedImages(entries, { compute: '0123456789abcdef' })).toEqual([
    'compute-ffffffffffff',
    'compute-ffffffffffff.bad',
  ])
})

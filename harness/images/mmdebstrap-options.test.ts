import { expect, test } from 'vitest'
import { exactPreferences } from './mmdebstrap-options.js'

test('apt is told the very versions, and that nothing else may come', () => {
  expect(exactPreferences({ curl: '7.88.1-10', libc6: '2.36-9' })).toBe(`Package: curl
Pin: version 7.88.1-10
Pin-Priority: 1001

Package: libc6
Pin: version 2.36-9
Pin-Priority: 1001

Package: *
Pin: release *
Pin-Priority: -1
`)
})

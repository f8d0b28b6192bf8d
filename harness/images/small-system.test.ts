import { expect, test } from 'vitest'
import { isSmallSystem } from './small-system.js'

test.each([
  [['busybox-static', 'linux-image-6.1.0-57-cloud-amd64'], true],
  [['busybox-static'], false],
  [['linux-image-6.1.0-57-cloud-amd64', 'curl'], false],
  [['busybox-static', 'linux-image-6.1.0-56-cloud-amd64', 'linux-image-6.1.0-57-cloud-amd64'], false],
])('%j: %s', (names, expected) => {
  expect(isSmallSystem(Object.fromEntries(names.map((name) => [name, '1'])))).toBe(expected)
})

import { expect, test } from 'vitest'
import { isWithin, Mounts } from './mounts.js'

/** As a sandbox has them: its own /proc lies on the machine's. */
const mounts = new Mounts(`60 50 254:0 / / rw,relatime - ext4 /dev/vda rw
61 60 0:5 / /proc rw,relatime - proc proc rw
62 61 0:6 / /proc/sys/fs/binfmt_misc rw,relatime - binfmt_misc none rw
63 60 254:1 / /home rw,nosuid,nodev,relatime shared:1 - ext4 /dev/vdb rw
64 63 254:2 / /home/some\\040one rw,noexec,relatime - ext4 /dev/vdc rw
65 61 0:7 / /proc rw,nosuid,nodev,noexec,relatime - proc proc rw
66 60 0:8 / /homes ro,relatime - tmpfs none rw
`)

test.each([
  ['/', []],
  ['/etc', []],
  ['/home', ['nosuid', 'nodev']],
  ['/home/some', ['nosuid', 'nodev']],
  ['/home/some one/file', ['noexec']],
  ['/homes/x', ['ro']],
  ['/proc/1', ['nosuid', 'nodev', 'noexec']],
  // Its mount is hidden.
  ['/proc/sys/fs/binfmt_misc', ['nosuid', 'nodev', 'noexec']],
])('what must be said again of %s is %j', (path, options) => {
  expect(mounts.optionsAt(path)).toEqual(options)
})

test('what is mounted in a folder is found, unless something else lies on it', () => {
  expect(mounts.below('/')).toEqual(['/home', '/home/some one', '/proc', '/homes'])
  expect(mounts.below('/home')).toEqual(['/home/some one'])
  expect(mounts.below('/home/some one')).toEqual([])
})

test('a folder has no paths in it that only begin as its own', () => {
  expect(isWithin('/home/a', '/home')).toBe(true)
  expect(isWithin('/home', '/home')).toBe(true)
  expect(isWithin('/homes', '/home')).toBe(false)
  expect(isWithin('/home', '/')).toBe(true)
})

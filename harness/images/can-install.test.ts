import { expect, test } from 'vitest'
import { canInstall, isRefusal, simulatedInstalls } from './can-install.js'

test('what apt says that it would install', () => {
  const said = `Reading package lists...
Inst gcc-12-base (12.2.0-14+deb12u1 Debian:12.15/oldstable [amd64])
Inst libc6 [2.36-9] (2.36-9+deb12u14 Debian:12.15/oldstable, Debian-Security:12/oldstable-security [amd64]) []
Conf libc6 (2.36-9+deb12u14 Debian:12.15/oldstable [amd64])`
  expect(simulatedInstalls(said)).toEqual(['gcc-12-base=12.2.0-14+deb12u1', 'libc6=2.36-9+deb12u14'])
})

test.each([
  ['The following packages have unmet dependencies:\n nova : Depends: python3-nova', true],
  ['E: Unable to correct problems, you have held broken packages.', true],
  ["E: Version '99' for 'bash' was not found", false],
  ['E: Could not open file /lists/x - open (13: Permission denied)', false],
])('of %j that they cannot be together: %s', (said, refused) => {
  expect(isRefusal(said)).toBe(refused)
})

test('a small system is a kernel and busybox', async () => {
  const recipe = { name: 'pocket', builder: 'initramfs', suite: 'bookworm' } as const
  const asked = new AbortController().signal
  expect(await canInstall(recipe, { 'busybox-static': '1', 'linux-image-6': '1' }, asked)).toBe(true)
  expect(await canInstall(recipe, { 'busybox-static': '1' }, asked)).toBe(false)
})

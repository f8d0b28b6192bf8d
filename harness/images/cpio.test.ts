import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { cpioArchive, cpioFile, cpioFolder, cpioLink } from './cpio.js'

test('busybox, which is in every initramfs, reads the archive', () => {
  const archive = cpioArchive([
    cpioFolder('etc'),
    cpioFile('etc/issue', 0o644, Buffer.from('first')),
    cpioFile('etc/issue', 0o755, Buffer.from('second')),
    cpioLink('bin', 'usr/bin'),
  ])
  const listing = execFileSync('busybox', ['cpio', '-tv'], {
    input: archive,
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  const lines = listing.toString().trim().split('\n')
  expect(lines).toHaveLength(3)
  expect(lines[0]).toMatch(/^drwxr-xr-x .* etc$/)
  expect(lines[1]).toMatch(/^-rwxr-xr-x .* 6 .* etc\/issue$/)
  expect(lines[2]).toMatch(/^lrwxrwxrwx .* bin -> usr\/bin$/)
})

test('the same entries give the same bytes', () => {
  const entries = [cpioFile('a', 0o600, Buffer.from('a'))]
  expect(cpioArchive(entries).equals(cpioArchive(entries))).toBe(true)
})

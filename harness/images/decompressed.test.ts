import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { open, truncate, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { execa } from 'execa'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { forgetSettings } from '../settings.js'
import { compressions } from './boot-files.js'
import { decompressed } from './decompressed.js'
import { writeSparseFile } from './sparse-file.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stackrig-unpack-'))
  vi.stubEnv('STACKRIG_CACHE', join(folder, 'cache'))
  forgetSettings()
})
afterEach(() => {
  vi.unstubAllEnvs()
  forgetSettings()
  rmSync(folder, { recursive: true })
})

const size = 32 * 1024 ** 2
const copies = (): string => join(folder, 'cache', 'images', 'decompressed', 'digest')

/** A file system that is empty but for two places, packed: kilobytes that become 32 MiB. */
async function packed(end: string, program: string): Promise<string> {
  const plain = join(folder, 'disk.ext4')
  const handle = await open(plain, 'w')
  await handle.write('the beginning', 0)
  await handle.write('the middle', size / 2 + 17)
  await handle.close()
  await truncate(plain, size)
  await execa(program, [...(program === 'zstd' ? ['--rm', '--quiet'] : ['-1']), plain])
  return `${plain}.${end}`
}

const allocated = (file: string): number => statSync(file).blocks * 512

test.each(Object.entries(compressions))(
  'a .%s that becomes much larger takes the room of what is in it, and is whole',
  { timeout: 180_000 },
  async (end, program) => {
    const file = await packed(end, program)
    expect(statSync(file).size).toBeLessThan(1024 ** 2)
    const plain = await decompressed(file, 'digest')
    expect(statSync(plain).size).toBe(size)
    expect(allocated(plain)).toBeLessThan(1024 ** 2)
    const handle = await open(plain)
    const { buffer } = await handle.read(Buffer.alloc(10), 0, 10, size / 2 + 17)
    await handle.close()
    expect(buffer.toString()).toBe('the middle')
  },
)

test.each(Object.entries(compressions))(
  'a .%s that would fill the disk is told of before it does, and nothing of it stays',
  { timeout: 180_000 },
  async (end, program) => {
    const file = await packed(end, program)
    const room = (): Promise<number> => Promise.resolve(1024 ** 3)
    await expect(decompressed(file, 'digest', { room })).rejects.toMatchObject({
      code: 'HOST_DISK',
      message: expect.stringMatching(/1024 MiB are free; 1 GiB must stay/) as string,
    })
    expect(readdirSync(copies())).toEqual([])
  },
)

test('the room that is left is looked at again and again', async () => {
  // eslint-disable-next-line @typescript-eslint/require-await -- a source that has no end by itself
  async function* source(): AsyncGenerator<Buffer> {
    for (;;) yield Buffer.alloc(8 * 1024 ** 2, 'x')
  }
  let looks = 0
  const room = (): Promise<number> => Promise.resolve(++looks > 3 ? 1024 ** 3 : 2 * 1024 ** 3)
  await expect(writeSparseFile(source(), join(folder, 'file'), { room })).rejects.toMatchObject({
    code: 'HOST_DISK',
    message: expect.stringMatching(/96 MiB of it are unpacked/) as string,
  })
})

test('6 KB of .zst that become 200 MB take no more than they did', { timeout: 180_000 }, async () => {
  const plain = join(folder, 'disk.wic')
  await (await open(plain, 'w')).close()
  await truncate(plain, 200 * 1024 ** 2)
  await execa('zstd', ['--rm', '--quiet', '-1', plain])
  expect(statSync(`${plain}.zst`).size).toBeLessThan(20_000)
  const unpacked = await decompressed(`${plain}.zst`, 'digest')
  expect(statSync(unpacked).size).toBe(200 * 1024 ** 2)
  expect(allocated(unpacked)).toBeLessThan(64 * 1024)
})

test('a copy that nobody has used for a month, and that no process has open, is removed for the next one', async () => {
  const file = await packed('gz', 'gzip')
  const copies = Object.fromEntries(
    await Promise.all(
      ['unused', 'opened', 'present'].map(
        async (digest) => [digest, await decompressed(file, digest)] as const,
      ),
    ),
  )
  const ago = new Date(Date.now() - 31 * 24 * 3600 * 1000)
  for (const digest of ['unused', 'opened']) await utimes(dirname(copies[digest] ?? ''), ago, ago)
  const opened = await open(copies['opened'] ?? '')
  // One that is there is no reason to look for others.
  await decompressed(file, 'present')
  expect(readdirSync(join(folder, 'cache', 'images', 'decompressed')).sort()).toEqual([
    'opened',
    'present',
    'unused',
  ])
  await decompressed(file, 'another')
  expect(readdirSync(join(folder, 'cache', 'images', 'decompressed')).sort()).toEqual([
    'another',
    'opened',
    'present',
  ])
  await opened.close()
})

test('what has no end is no disk', async () => {
  // eslint-disable-next-line @typescript-eslint/require-await -- a source that has no end by itself
  async function* source(): AsyncGenerator<Buffer> {
    for (;;) yield Buffer.alloc(8 * 1024 ** 2)
  }
  const file = join(folder, 'file')
  await expect(writeSparseFile(source(), file, { limit: 64 * 1024 ** 2 })).rejects.toMatchObject({
    code: 'IMAGE_MISMATCH',
    message: expect.stringMatching(/more than 64 MiB/) as string,
  })
})

/** A small disk, packed, and its copy. */
async function packedCopy(): Promise<{ file: string; plain: string; text: string }> {
  const text = 'what the image holds '.repeat(1000)
  const disk = join(folder, 'disk.ext4')
  writeFileSync(disk, text)
  await execa('zstd', ['--rm', '--quiet', '-1', disk])
  const file = `${disk}.zst`
  return { file, plain: await decompressed(file, 'digest'), text }
}

test.each([
  ['cut', (plain: string) => truncate(plain, 100)],
  ['empty', (plain: string) => truncate(plain, 0)],
  ['of the same size with another byte in it', (plain: string) => writeFile(plain, 'W', { flag: 'r+' })],
])('a copy that is %s is set aside with the reason, and made anew', async (_what, spoil) => {
  const { file, plain, text } = await packedCopy()
  await spoil(plain)
  expect(await decompressed(file, 'digest')).toBe(plain)
  expect(readFileSync(plain, 'utf8')).toBe(text)
  expect(readFileSync(join(`${copies()}.bad`, 'reason.txt'), 'utf8')).toMatch(/^disk\.ext4 (has|holds)/)
})

test('what a killed process left half written, or an earlier version whole, is made anew', async () => {
  const { file, plain, text } = await packedCopy()
  rmSync(copies(), { recursive: true })
  mkdirSync(copies())
  writeFileSync(plain, text.slice(0, 5000))
  expect(await decompressed(file, 'digest')).toBe(plain)
  expect(readFileSync(plain, 'utf8')).toBe(text)
  expect(existsSync(`${copies()}.bad`)).toBe(false)
})

test('the same file under another name has a copy of its own, and both stay whole', async () => {
  const { file, plain, text } = await packedCopy()
  const other = join(folder, 'other.ext4.zst')
  copyFileSync(file, other)
  const second = await decompressed(other, 'digest')
  const inode = statSync(plain).ino
  expect(await decompressed(file, 'digest')).toBe(plain)
  expect(statSync(plain).ino).toBe(inode)
  expect([plain, second].map((copy) => readFileSync(copy, 'utf8'))).toEqual([text, text])
})

test('several that want a copy at once get one that is whole', async () => {
  const { file, plain, text } = await packedCopy()
  rmSync(copies(), { recursive: true })
  const wanted = Array.from({ length: 4 }, async () =>
    readFileSync(await decompressed(file, 'digest'), 'utf8'),
  )
  expect(await Promise.all(wanted)).toEqual([text, text, text, text])
  expect(readdirSync(copies())).toContain(plain.slice(copies().length + 1))
})

import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { open, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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
    expect(readdirSync(join(folder, 'cache', 'images', 'decompressed', 'digest'))).toEqual([])
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

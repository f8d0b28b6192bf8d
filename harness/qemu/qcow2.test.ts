import { statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { expect, test } from 'vitest'
import { passingFolder } from '../testing/passing-folder.js'
import { createLayer, createOverlay } from './disk.js'

const { path: folder } = passingFolder()

const mebibyte = 1024 ** 2

function emptyDisk(name: string, bytes: number): string {
  const file = join(folder, name)
  writeFileSync(file, '')
  truncateSync(file, bytes)
  return file
}

/** What qemu-img knows of a disk, but for its name and the room it takes. */
async function described(file: string): Promise<unknown> {
  const { stdout } = await execa('qemu-img', ['info', '--output=json', file])
  const { filename, 'actual-size': room, children, ...rest } = JSON.parse(stdout) as Record<string, unknown>
  expect([filename, room]).not.toContain(undefined)
  expect(children === undefined || Array.isArray(children)).toBe(true)
  return rest
}

const check = (file: string): Promise<unknown> => execa('qemu-img', ['check', '-q', file])

test.each([
  ['a raw disk that ends within a sector', 'raw', 5 * mebibyte + 100],
  ['a raw disk of one table', 'raw', 64 * mebibyte],
  ['a raw disk of many tables', 'raw', 5000 * mebibyte],
  ['a qcow2 disk', 'qcow2', 640 * mebibyte],
  ['a qcow2 disk whose tables do not fit into a cluster', 'qcow2', 5 * mebibyte ** 2],
] as const)(
  '%s gets the same overlay that qemu-img makes, and it takes what is written',
  async (name, format, size) => {
    const backing = join(folder, `${name}, base`)
    if (format === 'raw') emptyDisk(`${name}, base`, size)
    else await execa('qemu-img', ['create', '-q', '-f', 'qcow2', backing, String(size)])
    const [ours, theirs] = [join(folder, `${name}, ours`), join(folder, `${name}, theirs`)]
    await createOverlay(ours, backing, format)
    await execa('qemu-img', ['create', '-q', '-f', 'qcow2', '-F', format, '-b', backing, theirs])
    expect(await described(ours)).toEqual(await described(theirs))
    expect(statSync(ours).mode & 0o777).toBe(0o600)
    await check(ours)
    const last = Math.floor(size / 512) * 512 - mebibyte
    await execa('qemu-io', ['-c', 'write -P 7 0 1M', '-c', `write -P 8 ${last} 1M`, ours])
    await check(ours)
    const { stdout } = await execa('qemu-io', ['-c', 'read -P 7 0 1M', '-c', `read -P 8 ${last} 1M`, ours])
    expect(stdout).not.toContain('failed')
    // Only there.
    expect(
      (await execa('qemu-io', ['-r', '-f', format, '-c', 'read -P 0 0 1M', backing])).stdout,
    ).not.toContain('failed')
  },
)

test('a layer on a disk beside it, by its name alone', async () => {
  emptyDisk('raw', 64 * mebibyte)
  await createOverlay(join(folder, 'layer0'), join(folder, 'raw'), 'raw')
  await createLayer(join(folder, 'layer1'), 'layer0', 64 * mebibyte)
  await createOverlay(join(folder, 'layer2'), 'layer1', 'qcow2')
  for (const [file, size] of [
    ['layer1', 64 * mebibyte],
    ['layer2', 64 * mebibyte],
  ] as const)
    expect(await described(join(folder, file))).toMatchObject({ 'virtual-size': size })
  await execa('qemu-io', ['-c', 'write -P 7 1M 1M', join(folder, 'layer0')])
  const { stdout } = await execa('qemu-io', ['-c', 'read -P 7 1M 1M', join(folder, 'layer2')])
  expect(stdout).not.toContain('failed')
  await check(join(folder, 'layer2'))
})

test('what is no qcow2 file is not taken for one', async () => {
  const file = emptyDisk('none', mebibyte)
  await expect(createOverlay(join(folder, 'on none'), file, 'qcow2')).rejects.toThrow('is no qcow2 file')
})

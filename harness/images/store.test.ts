import {
  appendFileSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { usedFile } from '../manifest.js'
import { forgetSettings } from '../settings.js'
import { imagesFolder } from './cache.js'
import { recordFile, type ImageRecord } from './image.js'
import { pruneImages } from './prune.js'
import { formatQemubootConf } from './qemuboot-conf.js'
import { recipeDigest } from './recipe-digest.js'
import { readRecipe } from './recipe.js'
import { builtFolder, builtImage, findBuilt, lastUsed } from './store.js'

let cache: string
const digest = recipeDigest(readRecipe('instance'))
const disk = (): string => join(builtFolder('instance', digest), 'd.qcow2')

/** A folder as an earlier version built it, without a manifest. */
async function build(): Promise<void> {
  const folder = builtFolder('instance', digest)
  mkdirSync(folder, { recursive: true })
  const conf = {
    qb_default_kernel: 'bzImage',
    qb_default_fstype: 'ext4',
    image_link_name: 'd',
    qb_rootfs_opt: '-drive file=@ROOTFS@,if=virtio,format=qcow2',
  }
  writeFileSync(join(folder, 'd.qemuboot.conf'), formatQemubootConf(conf))
  writeFileSync(join(folder, 'bzImage'), 'kernel')
  const raw = join(cache, 'raw')
  writeFileSync(raw, Buffer.alloc(400_000, 'x'))
  await execa('qemu-img', ['convert', '-O', 'qcow2', raw, disk()])
  symlinkSync('d.qcow2', join(folder, 'd.ext4'))
  writeFileSync(join(folder, recordFile), JSON.stringify(record))
}

const record: ImageRecord = {
  name: 'instance',
  role: 'instance',
  contract: 'instance',
  digest,
  build: 'b',
  packages: [],
  took: 1,
}

const look = (): ReturnType<typeof builtImage> => builtImage({ name: 'instance' }, digest)
const reason = (): string => readFileSync(`${builtFolder('instance', digest)}.bad/reason.txt`, 'utf8')

beforeEach(async () => {
  cache = mkdtempSync(join(tmpdir(), 'stackrig-store-'))
  vi.stubEnv('STACKRIG_CACHE', cache)
  forgetSettings()
  await build()
})
afterEach(() => {
  vi.unstubAllEnvs()
  forgetSettings()
  rmSync(cache, { recursive: true, force: true })
})

test('a build of an earlier version is taken in once, and stays as it is', async () => {
  const before = statSync(disk())
  const found = await Promise.all([look(), look(), look()])
  expect(found.map((image) => image?.name)).toEqual(['instance', 'instance', 'instance'])
  expect(statSync(disk()).ino).toBe(before.ino)
  expect(existsSync(join(builtFolder('instance', digest), 'manifest.json'))).toBe(true)
  expect(await look()).toMatchObject({ build: 'b' })
})

describe('what is not as it was built is set aside and is no image', () => {
  const changes: [string, RegExp, () => void][] = [
    ['a flipped bit', /^d.qcow2 holds something else/, () => flip(200_000)],
    ['a cut', /^d.qcow2 has \d+ bytes/, () => truncateSync(disk(), 300_000)],
    ['more', /^bzImage has 7 bytes/, () => appendFileSync(join(disk(), '..', 'bzImage'), '!')],
    ['an empty note', /^image.json has 0 bytes/, () => truncateSync(join(disk(), '..', recordFile))],
    ['a disk that is gone', /^d.qcow2 is missing/, () => rmSync(disk())],
    ['a link to another disk', /^d.ext4 holds something else/, () => relink()],
    [
      'an empty manifest',
      /^manifest.json is not of/,
      () => truncateSync(join(disk(), '..', 'manifest.json')),
    ],
  ]
  test.each(changes)('%s', async (_what, why, change) => {
    await look()
    change()
    expect(await look()).toBeUndefined()
    expect(reason()).toMatch(why)
    await expect(findBuilt('instance')).rejects.toMatchObject({
      code: 'IMAGE_MISSING',
      message: expect.stringContaining('.bad/reason.txt says why') as string,
    })
    await build()
    expect(await look()).toMatchObject({ name: 'instance' })
  })

  /** With the old times. */
  function flip(position: number): void {
    const { atime, mtime } = statSync(disk())
    const handle = openSync(disk(), 'r+')
    writeSync(handle, '\x01', position)
    closeSync(handle)
    utimesSync(disk(), atime, mtime)
  }

  function relink(): void {
    const link = join(disk(), '..', 'd.ext4')
    rmSync(link)
    symlinkSync('/dev/fd', link)
  }
})

describe('a build of an earlier version is not taken in', () => {
  const changes: [string, RegExp, () => unknown][] = [
    ['with a disk that was cut short', /^its disk is not whole/, () => truncateSync(disk(), 300_000)],
    [
      'with a backing file',
      /^its disk has a backing file, \/etc\/shadow/,
      () =>
        execa('qemu-img', [
          'create',
          '-q',
          '-f',
          'qcow2',
          '-b',
          '/etc/shadow',
          '-F',
          'raw',
          '-u',
          disk(),
          '1M',
        ]),
    ],
    [
      'with a data file',
      /^its disk has a data file/,
      async () => {
        rmSync(disk())
        const option = `data_file=${join(cache, 'data')}`
        await execa('qemu-img', ['create', '-q', '-f', 'qcow2', '-o', option, disk(), '1M'])
      },
    ],
    ['without a kernel', /bzImage/, () => rmSync(join(disk(), '..', 'bzImage'))],
    ['without its note', /^image.json/, () => truncateSync(join(disk(), '..', recordFile))],
  ]
  test.each(changes)('%s', async (_what, why, change) => {
    await change()
    expect(await look()).toBeUndefined()
    expect(reason()).toMatch(why)
  })
})

test('looking marks an image as used, and pruning follows the mark', async () => {
  await look()
  const folder = builtFolder('instance', digest)
  const old = Date.now() / 1000 - 7200
  utimesSync(join(folder, recordFile), old, old)
  expect(Date.now() - (await lastUsed(folder))).toBeLessThan(60_000)
  await pruneImages('instance', 'another')
  expect(existsSync(folder)).toBe(true)
  utimesSync(join(folder, usedFile), old, old)
  await pruneImages('instance', 'another')
  expect(existsSync(folder)).toBe(false)
})

test('what was set aside stays for a week', async () => {
  await look()
  rmSync(disk())
  await look()
  const aside = `${builtFolder('instance', digest)}.bad`
  await pruneImages('instance', digest)
  expect(existsSync(aside)).toBe(true)
  const old = Date.now() / 1000 - 8 * 86_400
  utimesSync(aside, old, old)
  await pruneImages('instance', digest)
  expect(readdirSync(imagesFolder())).toEqual(['.locks'])
})

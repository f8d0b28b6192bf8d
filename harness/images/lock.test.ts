import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { forgetSettings } from '../settings.js'
import { importImages } from './import.js'
import { recordFile, type ImageRecord } from './image.js'
import { lockImages, verifyImage } from './lock.js'
import { parseLock, readLock, type ImportedEntry } from './lock-file.js'
import { formatQemubootConf } from './qemuboot-conf.js'
import { recipeDigest } from './recipe-digest.js'
import { readRecipe } from './recipe.js'
import { builtFolder } from './store.js'

let cache: string
let file: string
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'stackrig-cache-'))
  vi.stubEnv('STACKRIG_CACHE', cache)
  forgetSettings()
  file = join(cache, 'images.lock')
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(cache, { recursive: true })
})

const conf = formatQemubootConf({
  qb_default_kernel: 'bzImage',
  qb_default_fstype: 'cpio',
  image_link_name: 'p.rootfs',
  qb_mem: '-m 128',
})

function deployFolder(folder: string): string {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'p.qemuboot.conf'), conf)
  writeFileSync(join(folder, 'bzImage'), 'kernel')
  writeFileSync(join(folder, 'p.rootfs.cpio'), 'initramfs')
  return folder
}

/** The same with a disk, which is left to be made. */
function diskFolder(folder: string): string {
  deployFolder(folder)
  writeFileSync(join(folder, 'p.qemuboot.conf'), conf.replace('cpio', 'qcow2').replace('p.rootfs', 'd'))
  return folder
}

/** A folder as a build of the pocket recipe leaves it, with other packages and no real kernel. */
function buildPocket(...packages: string[]): void {
  const digest = recipeDigest(readRecipe('pocket'))
  rmSync(builtFolder('pocket', digest), { recursive: true, force: true })
  const folder = deployFolder(builtFolder('pocket', digest))
  const identity = { name: 'pocket', role: 'pocket', contract: 'pocket', digest, build: 'b' }
  writeFileSync(
    join(folder, recordFile),
    JSON.stringify({ ...identity, packages, took: 1 } satisfies ImageRecord),
  )
}

describe('built images', () => {
  test('what was locked verifies, frozen too', async () => {
    buildPocket('busybox-static=1')
    const lock = await lockImages(['pocket'], { file })
    const { image, moved } = await verifyImage('pocket', { lock, frozen: true })
    expect(moved).toEqual([])
    expect(image).toMatchObject({ name: 'pocket', memoryMiB: 128, cpus: 1 })
    expect(image.initrd).toMatch(/p\.rootfs\.cpio$/)
    expect(image.rootfs).toBeUndefined()
  })

  test('newer packages work and are named; frozen refuses them', async () => {
    buildPocket('busybox-static=1')
    const lock = await lockImages(['pocket'], { file })
    buildPocket('busybox-static=2')
    const { moved } = await verifyImage('pocket', { lock })
    expect(moved).toEqual([{ name: 'busybox-static', from: '1', to: '2' }])
    await expect(verifyImage('pocket', { lock, frozen: true })).rejects.toMatchObject({
      code: 'IMAGE_MOVED',
      message: expect.stringContaining('busybox-static 1 -> 2') as string,
    })
  })

  test('an image that was not built says how to', async () => {
    await expect(verifyImage('pocket', { lock: readLock(file) })).rejects.toMatchObject({
      code: 'IMAGE_MISSING',
      message: expect.stringContaining('npx stackrig images build pocket') as string,
    })
  })
})

describe('imported images', () => {
  const theirs = () => ({
    name: 'theirs',
    role: 'compute',
    contract: 'pike',
    folder: deployFolder(join(cache, 'deploy')),
  })

  test('the files that were locked boot', async () => {
    const lock = await lockImages([], { file, imports: [theirs()] })
    const { image } = await verifyImage('theirs', { lock: readLock(file) })
    expect(image).toMatchObject({ role: 'compute', kernel: join(cache, 'deploy', 'bzImage') })
    expect(Object.keys((lock.images['theirs'] as { sha256: object }).sha256)).toHaveLength(3)
  })

  test('are checked at once', async () => {
    const names = ['a', 'b', 'c', 'd']
    const imports = names.map((name) => ({ ...theirs(), name, folder: deployFolder(join(cache, name)) }))
    await lockImages([], { file, imports })
    rmSync(join(cache, 'images'), { recursive: true })
    const lock = readLock(file)
    await Promise.all(names.map((name) => verifyImage(name, { lock })))
    const digests = readFileSync(join(cache, 'images', 'digests.json'), 'utf8')
    expect(Object.keys(JSON.parse(digests) as object)).toHaveLength(3 * names.length)
  })

  test('locked again have what their new build says', async () => {
    const { folder } = theirs()
    const says = (address: string): void =>
      writeFileSync(join(folder, 'p.testdata.json'), JSON.stringify({ COMPUTE_IP: address }))
    says('192.168.7.4')
    await lockImages([], {
      file,
      imports: [{ ...theirs(), conf: 'p.qemuboot.conf', address: '192.168.7.4' }],
    })
    says('192.168.7.5')
    writeFileSync(join(folder, 'bzImage'), 'a new kernel')
    await lockImages(['theirs'], { file })
    const { image } = await verifyImage('theirs', { lock: readLock(file) })
    expect(image.address).toBe('192.168.7.5')
  })

  test('a lock that could not be read again is not written', async () => {
    const shouting = { ...theirs(), role: 'Compute' }
    await expect(lockImages([], { file, imports: [shouting] })).rejects.toMatchObject({
      code: 'LOCK_INVALID',
    })
    expect(existsSync(file)).toBe(false)
  })

  test('a file that changed never boots', async () => {
    const lock = await lockImages([], { file, imports: [theirs()] })
    writeFileSync(join(cache, 'deploy', 'p.rootfs.cpio'), 'another')
    await expect(verifyImage('theirs', { lock })).rejects.toMatchObject({
      code: 'IMAGE_MISMATCH',
      message: expect.stringContaining('p.rootfs.cpio') as string,
    })
  })

  test.each([
    ['a backing file, /etc/shadow', ['-b', '/etc/shadow', '-F', 'raw', '-u']],
    ['a data file', ['-o', 'data_file=elsewhere']],
  ])('a disk with %s is not taken in, nor used', async (what, options) => {
    const folder = diskFolder(join(cache, 'disks'))
    const disk = join(folder, 'd.qcow2')
    const make = (...words: string[]) =>
      execa('qemu-img', ['create', '-q', '-f', 'qcow2', ...words, disk, '1M'])
    await make()
    const given = { ...theirs(), folder }
    await lockImages([], { file, imports: [given] })
    await execa('rm', [disk])
    await make(...options.map((word) => word.replace('elsewhere', join(folder, 'elsewhere'))))
    const refusal = { code: 'IMAGE_MISMATCH', message: expect.stringContaining(what) as string }
    await expect(lockImages([], { file, imports: [given] })).rejects.toMatchObject(refusal)
    // Somebody wrote the digest into the lock by hand.
    const lock = readLock(file)
    const { sha256 } = lock.images['theirs'] as ImportedEntry
    sha256['d.qcow2'] = createHash('sha256').update(readFileSync(disk)).digest('hex')
    await expect(verifyImage('theirs', { lock })).rejects.toMatchObject(refusal)
  })

  test('nor does one that is gone', async () => {
    const lock = await lockImages([], { file, imports: [theirs()] })
    rmSync(join(cache, 'deploy', 'bzImage'))
    await expect(verifyImage('theirs', { lock })).rejects.toMatchObject({ code: 'IMAGE_MISSING' })
  })
})

describe('the file', () => {
  test('is for people: a header, sorted, packages last', async () => {
    buildPocket('zlib=1', 'busybox-static=1')
    await lockImages(['pocket'], { file })
    const text = readFileSync(file, 'utf8')
    expect(text).toMatch(/^# /)
    expect(text.indexOf('recipeDigest')).toBeLessThan(text.indexOf('busybox-static: "1"'))
    expect(text.indexOf('busybox-static')).toBeLessThan(text.indexOf('zlib'))
  })

  test.each([
    ['version: 2\nimages: {}', /version: /],
    ['version: 1\nimages:\n  a:\n    role: compute\n    recipe: nowhere', /images\.a\.(recipe|contract)/],
    ['version: 1\nimages: {}\nextra: 1', /extra/],
    ['version: [', /images\.lock/],
  ])('%j is refused, with its place', (text, problem) => {
    expect(() => parseLock(text, 'images.lock')).toThrow(problem)
    expect(() => parseLock(text, 'images.lock')).toThrow(expect.objectContaining({ code: 'LOCK_INVALID' }))
  })
})

const locked = (name: string, version: string): string =>
  JSON.stringify({
    version: 1,
    images: {
      pocket: {
        ...{ role: 'pocket', contract: 'pocket', recipe: 'fixtures/images/pocket' },
        ...{ recipeDigest: '0'.repeat(64), packagesDigest: '0'.repeat(64), packages: { [name]: version } },
      },
    },
  })

test.each([
  ['-oAptCli::Hooks::Upgrade::=sh', '1'],
  ['curl,nova', '1'],
  ['curl:amd64', '1'],
  ['../curl', '1'],
  ['curl', '1/../../../etc/1'],
  ['curl', '1\nPin-Priority: 1'],
  ['curl', '1%zz'],
  ['curl', '-1'],
  ['curl', ''],
])('what Debian does not allow as a package is refused: %j of version %j', (name, version) => {
  expect(() => parseLock(locked(name, version), 'images.lock')).toThrow(
    expect.objectContaining({
      code: 'LOCK_INVALID',
      message: expect.stringContaining('images.pocket.packages') as string,
    }),
  )
})

test('what it allows is not', () => {
  expect(() => parseLock(locked('0ad', '1:2.0~rc1+dfsg-1+b1'), 'images.lock')).not.toThrow()
  expect(() => parseLock(locked('libstdc++6', 'v1.0-1'), 'images.lock')).not.toThrow()
})

test('a lock whose packages are wanted exactly is not written', async () => {
  vi.stubEnv('STACKRIG_EXACT', file)
  forgetSettings()
  buildPocket('busybox-static=1')
  await expect(lockImages(['pocket'])).rejects.toMatchObject({ code: 'USAGE' })
  await expect(importImages('/nowhere', { contract: 'pike' })).rejects.toMatchObject({
    code: 'USAGE',
    message: expect.stringContaining(`STACKRIG_EXACT=${file}`) as string,
  })
  expect(existsSync(file)).toBe(false)
})

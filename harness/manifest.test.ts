import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  symlinkSync,
  statSync,
  readFileSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  existsSync,
  openSync,
  writeSync,
  closeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { checkManifest, setAside, usedFile, writeManifest } from './manifest.js'

let root: string
let folder: string

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'manifest-'))
  folder = join(root, 'snapshot')
  rmSync(folder, { recursive: true, force: true })
  writeFiles()
  await writeManifest(folder)
})
afterEach(() => rmSync(root, { recursive: true }))

function writeFiles(): void {
  mkdirSync(folder)
  writeFileSync(join(folder, 'state'), 'devices')
  const memory = openSync(join(folder, 'memory'), 'w')
  writeSync(memory, 'a page', 3_000_000)
  closeSync(memory)
  truncateSync(join(folder, 'memory'), 9_000_000)
}

const memory = (): string => join(folder, 'memory')

/** Writes without a trace in the file's times. */
function silently(change: () => void): void {
  const { atime, mtime } = statSync(memory())
  change()
  utimesSync(memory(), atime, mtime)
}

function flip(position: number): void {
  const handle = openSync(memory(), 'r+')
  writeSync(handle, '\x01', position)
  closeSync(handle)
}

test('files that are as they were written pass, however often they were used', async () => {
  expect(await checkManifest(folder)).toBeUndefined()
  writeFileSync(join(folder, usedFile), '')
  expect(await checkManifest(folder)).toBeUndefined()
})

test.each([0, 3_000_002, 8_999_999])(
  'a changed bit at %d is found, also with the old times',
  async (position) => {
    silently(() => flip(position))
    expect(await checkManifest(folder)).toBe('memory holds something else than was written')
  },
)

test('a manifest that changed is found, though its files look as they did', async () => {
  const manifest = join(folder, 'manifest.json')
  const text = readFileSync(manifest, 'utf8')
  writeFileSync(
    manifest,
    text.replace(/(?<="digest": ")./, (digit) => (digit === '0' ? '1' : '0')),
  )
  expect(await checkManifest(folder)).toMatch(/holds something else than was written$/)
  writeFileSync(manifest, text)
  expect(await checkManifest(folder)).toBeUndefined()
})

test('a file that was cut short, or grew, is found', async () => {
  truncateSync(memory(), 8_999_999)
  expect(await checkManifest(folder)).toBe('memory has 8999999 bytes; it was written with 9000000')
  appendFileSync(memory(), 'xx')
  expect(await checkManifest(folder)).toMatch(/^memory has 9000001 bytes/)
})

test('a link that leads elsewhere is found', async () => {
  symlinkSync('memory', join(folder, 'link'))
  await writeManifest(folder)
  expect(await checkManifest(folder)).toBeUndefined()
  rmSync(join(folder, 'link'))
  symlinkSync('/state', join(folder, 'link'))
  expect(await checkManifest(folder)).toBe('link holds something else than was written')
})

test('of several that look at once, each passes', async () => {
  utimesSync(memory(), 1, 1)
  const found = await Promise.all(Array.from({ length: 8 }, () => checkManifest(folder)))
  expect(found).toEqual(Array.from({ length: 8 }, () => undefined))
  expect(readdirSync(folder).sort()).toEqual(['checked.json', 'manifest.json', 'memory', 'state'])
})

test('a file that cannot be read is not a wrong one', async () => {
  rmSync(join(folder, 'manifest.json'))
  mkdirSync(join(folder, 'manifest.json'))
  await expect(checkManifest(folder)).rejects.toMatchObject({ code: 'EISDIR' })
})

test('a missing file, and a manifest that is missing, empty or something else, are found', async () => {
  rmSync(join(folder, 'state'))
  expect(await checkManifest(folder)).toBe('state is missing')
  for (const text of ['', '{}', '[]', '{"files":{"state":{"size":-1,"digest":""}}}']) {
    writeFileSync(join(folder, 'manifest.json'), text)
    expect(await checkManifest(folder), text).toBe('manifest.json is not of its form')
  }
  rmSync(join(folder, 'manifest.json'))
  expect(await checkManifest(folder)).toBe('manifest.json is missing')
})

test('a file that only looks different is read again, and passes', async () => {
  utimesSync(memory(), 1, 1)
  expect(await checkManifest(folder)).toBeUndefined()
})

test('after the host was started again, digests are compared', async () => {
  const checked = join(folder, 'checked.json')
  silently(() => flip(7))
  // As if nothing could be seen from outside.
  const look = statSync(memory())
  const now = [look.size, look.ino, look.mtimeMs, look.ctimeMs].join(' ')
  const known = JSON.parse(readFileSync(checked, 'utf8')) as { boot: string; files: Record<string, string> }
  known.files['memory'] = now
  writeFileSync(checked, JSON.stringify(known))
  expect(await checkManifest(folder)).toBeUndefined()
  writeFileSync(checked, JSON.stringify({ ...known, boot: 'another' }))
  expect(await checkManifest(folder)).toBe('memory holds something else than was written')
})

test('what failed is set aside with its reason', async () => {
  await setAside(folder, 'first')
  writeFiles()
  const aside = await setAside(folder, 'memory is missing')
  expect(existsSync(folder)).toBe(false)
  expect(readFileSync(join(aside, 'reason.txt'), 'utf8')).toBe('memory is missing\n')
})

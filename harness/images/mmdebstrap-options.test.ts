import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { expect, onTestFinished, test } from 'vitest'
import { quoteWord } from '../shell-word.js'
import { exactPreferences, keepHook } from './mmdebstrap-options.js'

test('apt is told the very versions, and that nothing else may come', () => {
  expect(exactPreferences({ curl: '7.88.1-10', libc6: '2.36-9' })).toBe(`Package: curl
Pin: version 7.88.1-10
Pin-Priority: 1001

Package: libc6
Pin: version 2.36-9
Pin-Priority: 1001

Package: *
Pin: release *
Pin-Priority: -1
`)
})

function folderIn(above: string): string {
  const folder = mkdtempSync(join(above, 'stackrig kept-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

/** A tree in which apt has downloaded two packages, one of which is kept already, and where they are kept. */
async function keep(above: string): Promise<{ tree: string; cache: string; failed: boolean }> {
  const [tree, cache] = [folderIn(tmpdir()), folderIn(above)]
  mkdirSync(join(tree, 'archives'))
  for (const name of ['new', 'old']) writeFileSync(join(tree, 'archives', `${name}_1_all.deb`), name)
  writeFileSync(join(cache, 'old_1_all.deb'), 'kept')
  const { failed } = await execa('sh', ['-c', keepHook('/archives', quoteWord(cache)), 'sh', tree], {
    reject: false,
  })
  expect(readdirSync(cache)).toEqual(['new_1_all.deb', 'old_1_all.deb'])
  expect(readFileSync(join(cache, 'new_1_all.deb'), 'utf8')).toBe('new')
  expect(readFileSync(join(cache, 'old_1_all.deb'), 'utf8')).toBe('kept')
  return { tree, cache, failed }
}

test('what apt downloaded is kept as a link', async () => {
  const { cache, failed } = await keep(tmpdir())
  expect(failed).toBe(false)
  expect(statSync(join(cache, 'new_1_all.deb')).nlink).toBe(2)
})

const otherDisk = '/dev/shm'
test.runIf(existsSync(otherDisk) && statSync(otherDisk).dev !== statSync(tmpdir()).dev)(
  'on another file system as a copy',
  async () => {
    const { cache, failed } = await keep(otherDisk)
    expect(failed).toBe(false)
    expect(statSync(join(cache, 'new_1_all.deb'))).toMatchObject({ nlink: 1, mode: 0o100644 })
  },
)

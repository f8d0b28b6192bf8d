import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeOwnFolder } from './own-folder.js'

let above: string
beforeEach(() => {
  above = mkdtempSync('/tmp/rig-')
})
afterEach(() => rmSync(above, { recursive: true, force: true }))

const refused = (seen: RegExp): object => ({
  code: 'HOST_FOLDER',
  message: expect.stringMatching(seen) as string,
})

test('a folder is made for this user alone, and found again', async () => {
  await makeOwnFolder(join(above, 'own'))
  await makeOwnFolder(join(above, 'own'))
})

test('a link, a folder open to others, and one in a place where others may rename it, are refused', async () => {
  const folder = join(above, 'own')
  symlinkSync('/tmp', folder)
  await expect(makeOwnFolder(folder)).rejects.toMatchObject(refused(/symbolic link/))
  rmSync(folder)
  mkdirSync(folder)
  chmodSync(folder, 0o755)
  await expect(makeOwnFolder(folder)).rejects.toMatchObject(refused(/0755, not 0700/))
  chmodSync(folder, 0o700)
  chmodSync(above, 0o777)
  await expect(makeOwnFolder(folder)).rejects.toMatchObject(refused(/not sticky/))
})

test.runIf(process.getuid?.() === 0)('a folder of somebody else is refused', async () => {
  const folder = join(above, 'own')
  mkdirSync(folder, { mode: 0o700 })
  chownSync(folder, 1000, 1000)
  await expect(makeOwnFolder(folder)).rejects.toMatchObject(refused(/number 1000/))
})

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { localNode } from '../testing/local-node.js'
import { aLook } from '../testing/looks.js'
import { temporaryFolder } from '../testing/temporary-folder.js'
import { file } from './file.js'

test('a file that is there, and one that is not', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, `it's a file`)
  const condition = file(localNode(), path)
  expect(condition.what).toBe(`${path} on local`)
  expect(await condition.probe(aLook())).toEqual({ done: false, seen: 'no such file' })
  await writeFile(path, '')
  expect(await condition.probe(aLook())).toEqual({ done: true, value: '' })
  expect(await file(localNode(), folder.path).probe(aLook())).toMatchObject({ done: true })
})

test('its text matches, or is told', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'file')
  await writeFile(path, 'host = compute\n')
  const matching = file(localNode(), path, /^host = compute$/m)
  expect(matching.what).toBe(`${path} on local with /^host = compute$/m`)
  expect(await matching.probe(aLook())).toEqual({ done: true, value: 'host = compute\n' })
  expect(await file(localNode(), path, /network/).probe(aLook())).toEqual({
    done: false,
    seen: 'it ends with:\nhost = compute',
  })
  expect(await file(localNode(), join(folder.path, 'none'), /x/).probe(aLook())).toEqual({
    done: false,
    seen: 'no such file',
  })
})

import { expect, test } from 'vitest'
import { localNode } from '../testing/local-node.js'
import { aLook } from '../testing/looks.js'
import { temporaryFolder } from '../testing/temporary-folder.js'
import { waitFor } from '../wait-for.js'
import { command } from './command.js'

test('its output is the value when it exits zero, and what it said is seen otherwise', async () => {
  const node = localNode()
  const nasty = `it's "$HOME"`
  const prints = command(node)`printf %s ${nasty}`
  expect(prints.what).toMatch(/^`printf %s .*` to succeed on local$/)
  expect(await prints.probe(aLook())).toEqual({ done: true, value: nasty })
  expect(await command(node)`echo out; echo err >&2; exit 3`.probe(aLook())).toEqual({
    done: false,
    seen: 'out\n\nerr',
  })
  expect(await command(node)`exit 3`.probe(aLook())).toEqual({
    done: false,
    seen: 'it exited 3 and said nothing',
  })
})

test('one run of it has all the time that is left of the wait, however much', async () => {
  const node = localNode()
  await using folder = await temporaryFolder()
  const file = `${folder.path}/file`
  const second = command(node)`test -e ${file} || { touch ${file}; false; }`
  await waitFor(second, { timeout: '30min' })
  expect(node.timeouts).toHaveLength(2)
  for (const timeout of node.timeouts) expect(timeout / 1_800_000).toBeGreaterThan(0.9)
})

test('a run ends with its wait', async () => {
  const started = performance.now()
  await expect(waitFor(command(localNode())`sleep 600`, { timeout: 200 })).rejects.toMatchObject({
    code: 'WAIT_TIMEOUT',
  })
  expect(performance.now() - started).toBeLessThan(60_000)
})

import { existsSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ensureModules } from '../build.mjs'
import { ownHost } from '../testing/own-host.js'
import { firstReport, startScript } from '../testing/script.js'
import { Sandbox } from './sandbox.js'

ownHost()

const network = {
  cidr: '192.168.7.0/24',
  gateway: '192.168.7.1',
  hosts: [{ name: 'one', address: '192.168.7.2' }],
}

test('with too few file descriptors, however few, nothing starts, and no living sandbox is taken for dead', async () => {
  await using living = await Sandbox.open(network)
  await living.keep()
  // Old enough to be removed when nobody lives in it.
  const longAgo = new Date(Date.now() - 3_600_000)
  utimesSync(living.folder, longAgo, longAgo)
  const harness = join(await ensureModules(), 'harness')
  // All descriptors are taken but `free`, which grows until a sandbox opens.
  const script = `
    const { openSync, closeSync } = await import('node:fs')
    const { Sandbox } = await import('${harness}/sandbox/index.js')
    const network = ${JSON.stringify(network)}
    const seen = []
    for (let free = 0; free < 60; free++) {
      const taken = []
      try { for (;;) taken.push(openSync('/dev/null')) } catch {}
      for (let n = 0; n < free; n++) closeSync(taken.pop())
      const opening = await Sandbox.open(network).then((sandbox) => ({ sandbox, code: 'none' }), (error) => error)
      for (const descriptor of taken) closeSync(descriptor)
      await opening.sandbox?.close()
      seen.push(opening.code)
      if (opening.code === 'none') break
    }
    report({ seen })`
  const within = ['sh', '-c', 'ulimit -n 512 && exec "$0" "$@"']
  const { seen } = await firstReport<{ seen: string[] }>(startScript(script, { within }))
  expect(seen.at(-1)).toBe('none')
  expect(seen.length).toBeGreaterThan(5)
  expect(new Set(seen.slice(0, -1))).toEqual(new Set(['HOST_LIMIT']))
  expect(existsSync(living.folder)).toBe(true)
  expect(await living.isAlive()).toBe(true)
})

import { createServer, type AddressInfo, type Server } from 'node:net'
import { once } from 'node:events'
import { expect, onTestFinished, test } from 'vitest'
import { expectNothingLeft, ownHost } from '../testing/own-host.js'
import { stackrig } from './testing/stackrig.js'

ownHost()

/** A port of this machine that is in use until the test ends. */
async function usedPort(): Promise<number> {
  const server: Server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

interface Up {
  published: { port: number; to: { node: string; port: number } }[]
}

test('ports of nodes are ports of this machine until down, also another one when the wanted one is in use', async () => {
  const used = await usedPort()
  const up = await stackrig('up', 'pocket', '--publish', `${used}:two:900,900`, '--json')
  expect(up.exitCode, up.stderr).toBe(0)
  const { published } = JSON.parse(up.stdout) as Up
  expect(published.map(({ to }) => to)).toEqual([
    { node: 'two', port: 900 },
    { node: 'one', port: 900 },
  ])
  const [two, one] = published.map(({ port }) => port)
  expect(two).not.toBe(used)
  for (const node of ['one', 'two']) {
    const serve = `mkdir /srv; hostname >/srv/who; head -c 300000 /dev/zero >/srv/much; httpd -p 900 -h /srv`
    expect(await stackrig('shell', node, `${serve} >/dev/null 2>&1`)).toMatchObject({ exitCode: 0 })
  }
  const get = (port: number | undefined, file: string) => fetch(`http://127.0.0.1:${port}/${file}`)
  expect(await (await get(two, 'who')).text()).toBe('two\n')
  expect(await (await get(one, 'who')).text()).toBe('one\n')
  expect((await (await get(one, 'much')).arrayBuffer()).byteLength).toBe(300_000)
  const { stdout } = await stackrig('ps')
  expect(stdout).toContain(`  127.0.0.1:${two} -> two:900 (${used} was not free)\n`)
  expect(stdout).toContain(`  127.0.0.1:${one} -> one:900`)
  expect((await stackrig('down')).exitCode).toBe(0)
  await expect(get(one, 'who')).rejects.toThrow()
  await expectNothingLeft()
})

test.each([
  [['--publish', 'http'], /NODE:8080 or 8081:NODE:8080/],
  [['--publish', 'three:80'], /CLUSTER_UNKNOWN topology pocket must have the node "three"/],
] as const)('%j is refused before anything starts', async (words, says) => {
  const { stderr, exitCode } = await stackrig('up', 'pocket', ...words)
  expect(stderr).toMatch(says)
  expect(exitCode).toBe(2)
  expect((await stackrig('ps', '--json')).stdout).toBe('[]')
})

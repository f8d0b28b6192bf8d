import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { forkCluster } from '../snapshot/index.js'
import { ownHost } from '../testing/own-host.js'
import { pairGolden } from '../testing/pocket.js'
import { firstReport, startScript } from '../testing/script.js'
import { attachCluster } from './attach.js'
import type { Cluster } from './cluster.js'
import { findKept, listKept } from './kept.js'

vi.setConfig({ testTimeout: 600_000 })
ownHost()

let folder: string
beforeAll(async () => {
  const cluster = await forkCluster(await pairGolden())
  folder = cluster.sandbox.folder
  await cluster.keep('kept')
  return async () => (await attachCluster(folder)).close()
})

async function attached(): Promise<Cluster> {
  const cluster = await attachCluster(folder)
  onTestFinished(() => cluster.letGo())
  return cluster
}

/** Another process that is attached to the cluster, until it is killed or lets go by itself. */
function other(lines: string) {
  const script = startScript(`const cluster = await attachCluster(${JSON.stringify(folder)})
    const one = cluster.node('one')
    ${lines}`)
  onTestFinished(() => void script.kill('SIGKILL'))
  return script
}

const stay = 'setInterval(() => undefined, 1000)'

test('is found by its name, with all that its topology says', async () => {
  const kept = await findKept('kept')
  expect(kept).toMatchObject({ name: 'kept', folder, topology: (await pairGolden()).topology })
  expect(await listKept()).toHaveLength(1)
})

test('a record that names what no topology can have is passed over', async () => {
  const file = join(folder, 'cluster.json')
  const text = await readFile(file, 'utf8')
  try {
    for (const name of ['../one', '/one', 'one/../two']) {
      await writeFile(file, text.replaceAll('"one"', JSON.stringify(name)))
      const passed: string[] = []
      expect(await listKept((where) => passed.push(where))).toEqual([])
      expect(passed).toEqual([file])
    }
  } finally {
    await writeFile(file, text)
  }
})

describe('processes at the same time', () => {
  test('each get the results of their own commands, and a fourth is told who has the channels', async () => {
    const words = ['a', 'b', 'c'].map((name) => Array.from({ length: 20 }, (_, n) => `${name}${n}`))
    const scripts = words.map((own) =>
      other(`const said = []
        for (const word of ${JSON.stringify(own)}) said.push(await one.run\`echo \${word}\`)
        report({ said, pid: process.pid })
        ${stay}`),
    )
    const reports = await Promise.all(
      scripts.map((script) => firstReport<{ said: string[]; pid: number }>(script)),
    )
    expect(reports.map(({ said }) => said)).toEqual(words)
    const fourth = await attached()
    const refused = await fourth
      .node('one')
      .execute('true')
      .catch((error: unknown) => error)
    expect(refused).toMatchObject({ code: 'NODE_HELD' })
    for (const { pid } of reports)
      expect((refused as Error).message).toMatch(new RegExp(`process ${pid}: .*attachCluster`))
    // The other node is nobody's.
    expect(await fourth.node('two').run`echo on`).toBe('on')
  })

  test('one of them runs several commands at once', async () => {
    const cluster = await attached()
    const one = cluster.node('one')
    // Each waits for the next: that ends only when they run side by side.
    const chain = [
      one.run({ timeout: '5min' })`while [ ! -e /tmp/second ]; do sleep 0.1; done; echo 1`,
      one.run({ timeout: '5min' })`while [ ! -e /tmp/third ]; do sleep 0.1; done; touch /tmp/second; echo 2`,
      one.run`touch /tmp/third; echo 3`,
    ]
    expect(await Promise.all(chain)).toEqual(['1', '2', '3'])
  })

  test('a file goes there and back while another process runs commands', async () => {
    const script = other(`const said = []
      while (said.length < 30) said.push(await one.run\`echo \${said.length}\`)
      report({ said })
      await cluster.letGo()
      process.exit()`)
    const one = (await attached()).node('one')
    const content = Buffer.from(Array.from({ length: 300_000 }, (_, n) => n % 251))
    await one.writeFile('/tmp/bytes', content)
    expect((await one.readFile('/tmp/bytes')).equals(content)).toBe(true)
    expect((await firstReport<{ said: string[] }>(script)).said).toEqual(
      Array.from({ length: 30 }, (_, n) => String(n)),
    )
  })
})

describe('what a process leaves on a channel', () => {
  const isThere = async (cluster: Cluster, name: string): Promise<boolean> =>
    (await cluster.node('one').run`ps`).includes(name)

  test('is ended by the next that takes it, when it was killed in the middle of a command', async () => {
    const script = other(`void one.execute('echo begun; sleep 1111; echo never', {
        timeout: '10min', onOutput: () => report({}) })
      ${stay}`)
    await firstReport(script)
    script.kill('SIGKILL')
    await script
    const cluster = await attached()
    expect(await cluster.node('one').run`echo on`).toBe('on')
    expect(await isThere(cluster, 'sleep 1111')).toBe(false)
  })

  test('is ended when it keeps the ports from the next', async () => {
    const script = other(`await one.run\`(sleep 2222 &) ; echo begun\`
      report({})
      await cluster.letGo()
      process.exit()`)
    await firstReport(script)
    await script
    const cluster = await attached()
    expect(await cluster.node('one').run`echo on`).toBe('on')
    // Another channel may have run that, while this one is freed.
    await expect.poll(() => isThere(cluster, 'sleep 2222'), { timeout: 300_000 }).toBe(false)
  })

  test('stays when it is a daemon', async () => {
    const script = other(`await one.run\`sleep 3333 >/dev/null 2>&1 </dev/null &\`
      report({})
      ${stay}`)
    await firstReport(script)
    script.kill('SIGKILL')
    await script
    const cluster = await attached()
    expect(await cluster.node('one').run`echo on`).toBe('on')
    expect(await isThere(cluster, 'sleep 3333')).toBe(true)
  })
})

describe('the console', () => {
  test('is there beside a shell, and for one process at a time', async () => {
    const cluster = await attached()
    const socket = await cluster.node('one').openConsole()
    let heard = ''
    socket.on('data', (data: Buffer) => (heard += data.toString()))
    socket.write('\n')
    expect(await cluster.node('one').run`echo beside`).toBe('beside')
    await expect.poll(() => heard, { timeout: 300_000 }).toMatch(/login: $/)
    const script = other(`await fails(one.openConsole()); process.exit()`)
    expect(await firstReport(script)).toMatchObject({
      code: 'NODE_HELD',
      message: expect.stringContaining(`process ${process.pid}: `) as string,
    })
    socket.destroy()
    await expect.poll(() => readFile(join(folder, 'one.console.lock'), 'utf8'), { timeout: 60_000 }).toBe('')
    const again = await cluster.node('one').openConsole()
    again.destroy()
  })
})

test('a node that one process switches off and on is off and on for the others', async () => {
  const script = other(`cluster.signal.addEventListener('abort', () => {
      report({ code: cluster.signal.reason.code })
      process.exit()
    })
    report({ said: await cluster.node('two').run\`echo there\` })
    ${stay}`)
  expect(await firstReport(script)).toEqual({ said: 'there' })
  const cluster = await attached()
  const two = cluster.node('two')
  await two.powerOff()
  expect(two.isOn).toBe(false)
  expect((await script).stdout).toContain('{"code":"QEMU_DIED"}')
  expect((await attached()).node('two').isOn).toBe(false)
  await two.powerOn()
  expect(await two.run`sh -c ${'ip -o -4 address show dev eth0'}`).toContain('192.168.7.4/')
  expect(await (await attached()).node('two').run`echo also`).toBe('also')
})

import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { attachCluster } from '../cluster/index.js'
import { InnerRun, onPocket } from '../report/testing/inner-run.js'
import { forkCluster } from '../snapshot/index.js'
import { ownHost } from '../testing/own-host.js'
import { pairGolden } from '../testing/pocket.js'
import { program, stackrig } from './testing/stackrig.js'

vi.setConfig({ testTimeout: 900_000 })
ownHost()

let tree: string

beforeAll(async () => {
  const cluster = await forkCluster(await pairGolden())
  const { folder } = cluster.sandbox
  const one = cluster.node('one')
  await one.run`sh -c ${'mkdir -p /opt/old; echo old >/opt/old/kept; echo old >/opt/old/changed; chmod 600 /opt/old/changed; chown 7:9 /opt/old /opt/old/changed'}`
  await cluster.keep('pair')
  return async () => (await attachCluster(folder)).close()
}, 600_000)

beforeAll(async () => {
  tree = await mkdtemp(join(tmpdir(), 'tree-'))
  for (const folder of ['old/deep', '.git', 'old/__pycache__'])
    await mkdir(join(tree, folder), { recursive: true })
  await writeFile(join(tree, 'old/kept'), 'old\n')
  await writeFile(join(tree, 'old/changed'), 'new\n')
  await writeFile(join(tree, "old/deep/it's new"), Buffer.from([0, 255, 10, 0]))
  await chmod(join(tree, "old/deep/it's new"), 0o755)
  await symlink('kept', join(tree, 'old/link'))
  await writeFile(join(tree, '.git/HEAD'), 'never')
  await writeFile(join(tree, 'old/__pycache__/x.pyc'), 'never')
})
afterAll(() => rm(tree, { recursive: true }))

const shell = async (command: string): Promise<string> => (await stackrig('shell', 'one', command)).stdout

test('what differs goes to a node: files that are there keep owner and mode, new ones have the owner of their folder', async () => {
  const first = await stackrig('sync', 'one', tree, '/opt')
  expect(first.exitCode, first.stderr).toBe(0)
  expect(first.stdout.split('\n').sort()).toEqual([
    'one:/opt/old/changed',
    "one:/opt/old/deep/it's new",
    'one:/opt/old/link',
  ])
  const places = `/opt/old/changed /opt/old/deep "/opt/old/deep/it's new"`
  expect(
    await shell(`stat -c '%u:%g %a' ${places}; readlink /opt/old/link; cat /opt/old/link /opt/old/changed`),
  ).toBe('7:9 600\n7:9 755\n7:9 755\nkept\nold\nnew')
  expect(
    await shell('od -An -tx1 /opt/old/deep/*; ls -a /opt | grep -c git; ls /opt/old | grep -c cache'),
  ).toBe(' 00 ff 0a 00\n0\n0')
  expect((await stackrig('sync', 'one', tree, '/opt')).stdout).toBe('nothing differs on one')
})

test('one file goes to a place of its own, or into a folder', async () => {
  const file = join(tree, 'old/changed')
  expect((await stackrig('sync', 'one', file, '/root/renamed')).stdout).toBe('one:/root/renamed')
  expect((await stackrig('sync', 'one', file, '/root/')).stdout).toBe('one:/root/changed')
  expect(await shell('cat /root/renamed /root/changed')).toBe('new\nnew')
})

test('with --watch it goes on, and ends with Ctrl-C', async () => {
  const running = execa(process.execPath, [program, 'sync', 'one', tree, '/opt', '--watch'], {
    reject: false,
  })
  let said = ''
  running.stdout.on('data', (data: Buffer) => (said += data.toString()))
  running.stderr.on('data', (data: Buffer) => (said += data.toString()))
  await expect.poll(() => said, { timeout: 240_000 }).toContain('watching')
  await writeFile(join(tree, 'old/changed'), 'newer\n')
  await expect.poll(() => said, { timeout: 240_000 }).toContain('one:/opt/old/changed')
  running.kill('SIGINT')
  await running
  expect(await shell('cat /opt/old/changed')).toBe('newer')
})

test.each([
  [['sync', 'one', '/nowhere', '/opt'], 2, /must be there, and readable/],
  [['sync', 'one', '/etc/hostname', 'opt'], 2, /must be an absolute path/],
  [['sync', 'three', '/etc/hostname', '/opt'], 2, /has no node "three"/],
  [['sync', 'one', '/dev/null', '/opt/null'], 2, /plain files and links/],
] as const)('%j is refused', async (words, status, says) => {
  const { stderr, exitCode } = await stackrig(...words)
  expect(stderr).toMatch(says)
  expect(exitCode).toBe(status)
})

test('a folder is laid over a node of every fork, and the run says so', async () => {
  await using inner = await InnerRun.of({
    'shop.test.ts': [
      ...onPocket,
      "test('it sells', { timeout: 240_000 }, async ({ one, two, expect }) => {",
      "  expect(await one.run`cat /old/kept`).toBe('old')",
      "  expect((await two.execute('ls /old')).exitCode).not.toBe(0)",
      '})',
    ],
  })
  const { outcomes } = await inner.start({ options: { overlays: [{ node: 'one', folder: tree }] } })
  expect(outcomes).toMatchObject([{ state: 'passed' }])
  const other = await inner.start({ options: { overlays: [{ node: 'three', folder: tree }] } })
  expect(other.outcomes).toMatchObject([{ state: 'failed', failures: [{ code: 'CLUSTER_UNKNOWN' }] }])
})

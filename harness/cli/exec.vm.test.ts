import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { execa } from 'execa'
import { beforeAll, expect, test } from 'vitest'
import { attachCluster } from '../cluster/index.js'
import { forkCluster } from '../snapshot/index.js'
import { ownHost } from '../testing/own-host.js'
import { pairGolden } from '../testing/pocket.js'
import { stackrig } from './testing/stackrig.js'

ownHost()

beforeAll(async () => {
  const cluster = await forkCluster(await pairGolden())
  const { folder } = cluster.sandbox
  // Answers each connection with a line, until the cluster ends.
  await cluster.node('one').run`(nc -ll -p 8080 -e echo hello >/dev/null 2>&1 </dev/null &)`
  await cluster.keep('pair')
  return async () => (await attachCluster(folder)).close()
})

/** What a service says to whoever connects, by a program of this machine. */
const listen = (host: string, port: number): string[] => [
  'node',
  '-e',
  `require('net').connect(${port}, '${host}').on('error', (e) => console.log(e.code)).pipe(process.stdout)`,
]

test('a program of this machine reaches nodes by their names', async () => {
  const { stdout, stderr, exitCode } = await stackrig('exec', '--', ...listen('one', 8080))
  expect({ stdout, exitCode }, stderr).toEqual({ stdout: 'hello', exitCode: 0 })
})

test('it has this working directory, these files, and no other way out', async () => {
  const words = ['sh', '-c', 'pwd; wc -l <package.json; ip -brief link show br0; ip route; ls /proc/self/fd']
  const { stdout } = await stackrig('exec', '--', ...words)
  const [folder = '', lines, bridge, ...rest] = stdout.split('\n')
  expect(basename(folder)).toBe(basename(process.cwd()))
  expect(Number(lines)).toBe(readFileSync('package.json', 'utf8').split('\n').length - 1)
  expect(bridge).toMatch(/^br0 +UP/)
  expect(rest.slice(0, 1)).toEqual(['192.168.7.0/24 dev br0 proto kernel scope link src 192.168.7.1 '])
  // None of stackrig's own.
  const { stdout: here } = await execa('ls', ['/proc/self/fd'])
  expect(rest.slice(1)).toEqual(here.split('\n'))
})

test('the names are known inside alone', async () => {
  const before = readFileSync('/etc/hosts', 'utf8')
  const { stdout } = await stackrig('exec', '--', 'cat', '/etc/hosts')
  expect(stdout).toContain('192.168.7.2 one\n192.168.7.4 two\n')
  expect(stdout.endsWith(before.trimEnd())).toBe(true)
  expect(readFileSync('/etc/hosts', 'utf8')).toBe(before)
})

test('its exit status is passed on, and what it reads and says', async () => {
  expect(await stackrig('exec', '--', 'sh', '-c', 'echo out; echo err >&2; exit 7')).toMatchObject({
    ...{ stdout: 'out', stderr: 'err', exitCode: 7 },
  })
  expect(await stackrig('exec', 'sh', '-c', 'kill -KILL $$')).toMatchObject({ exitCode: 137 })
})

test('proxies and variables of another cloud stay outside, all else is as it was', async () => {
  process.env['http_proxy'] = 'http://proxy.invalid:1'
  process.env['OS_CLOUD'] = 'another'
  process.env['KEPT'] = 'as it was'
  try {
    const { stdout } = await stackrig('exec', '--', 'env')
    expect(stdout).not.toMatch(/proxy\.invalid|OS_CLOUD/)
    expect(stdout).toContain('KEPT=as it was')
  } finally {
    for (const name of ['http_proxy', 'OS_CLOUD', 'KEPT']) Reflect.deleteProperty(process.env, name)
  }
})

test('a program that is not there is named', async () => {
  const { stderr, exitCode } = await stackrig('exec', 'no-such-program')
  expect(stderr).toMatch(/HOST_PROGRAM_MISSING no-such-program must be installed/)
  expect(exitCode).toBe(3)
})

test.each([
  { words: ['exec'], says: /missing required argument 'program'/ },
  { words: ['exec', '--'], says: /missing required argument 'program'/ },
  { words: ['exec', '--cluster', 'gone', 'true'], says: /CLUSTER_UNKNOWN no cluster "gone" is running/ },
  {
    words: ['exec', '--as', 'demo', 'touch', '/never'],
    says: /USAGE a cloud needs a topology with OpenStack/,
  },
])('$words is refused before anything starts', async ({ words, says }) => {
  const { stderr, exitCode } = await stackrig(...words)
  expect(stderr).toMatch(says)
  expect(exitCode).toBe(2)
})

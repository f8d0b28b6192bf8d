import { mkdir, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { snapshotRoot } from '../snapshot/index.js'
import { processesBelow } from '../testing/leftovers.js'
import { expectNothingLeft, ownHost } from '../testing/own-host.js'
import { runRoot } from '../sandbox/index.js'
import { stackrig, Terminal } from './testing/stackrig.js'

ownHost({ cache: 'own' })

/** Ctrl-], as telnet(1) has it. */
const leave = '\x1d'

test('Ctrl-C while the nodes boot ends everything', async () => {
  const terminal = new Terminal('up', 'pocket')
  await expect
    .poll(async () => (await processesBelow(runRoot())).length, { timeout: 120_000 })
    .toBeGreaterThan(2)
  terminal.type('\x03')
  expect(await terminal.ended).toBe(130)
  await expectNothingLeft()
  expect((await readdir(snapshotRoot())).filter((name) => !name.endsWith('.lock'))).toEqual([])
  expect(terminal.screen).not.toMatch(/^\s+at /m)
})

test('a cluster that was brought up cold answers, and no snapshot was made of it', async () => {
  const { stderr, exitCode } = await stackrig('up', 'pocket', '--cold')
  expect(exitCode, stderr).toBe(0)
  expect(await readdir(snapshotRoot()).catch(() => [])).toEqual([])
  expect(await stackrig('shell', 'two', 'hostname')).toMatchObject({ stdout: 'two', exitCode: 0 })
  expect(await stackrig('down')).toMatchObject({ stdout: 'pocket is down', exitCode: 0 })
  await expectNothingLeft()
})

test('a dry run prints what provisioning would change, and ends', async () => {
  const { stdout, stderr, exitCode } = await stackrig('up', 'pocket', '--dry-run')
  expect(exitCode, stderr).toBe(0)
  expect(stdout).toMatch(/^--- one:\/etc\/hosts\tas shipped\n\+\+\+ one:\/etc\/hosts\tprovisioned\n/m)
  expect(stdout).toMatch(/^\+192\.168\.7\.4 two$/m)
  await expectNothingLeft()
})

describe('a cluster that was brought up', () => {
  test('is noted as one JSON document, and goes on without the command', async () => {
    const { stdout, stderr, exitCode } = await stackrig('up', 'pocket', '--json')
    expect(exitCode, stderr).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      name: 'pocket',
      nodes: [
        { name: 'one', address: '192.168.7.2' },
        { name: 'two', address: '192.168.7.4' },
      ],
    })
    expect(await processesBelow(runRoot())).not.toEqual([])
  })

  test('is listed', async () => {
    expect(JSON.parse((await stackrig('ps', '--json')).stdout)).toMatchObject([{ name: 'pocket' }])
    expect((await stackrig('ps')).stdout).toMatch(/^pocket +\(pocket, up for .*\)\n {2}one +192\.168\.7\.2/)
  })

  test('is still known when another one comes minutes later', async () => {
    const before = new Date(Date.now() - 5 * 60_000)
    for (const name of await readdir(runRoot())) await utimes(join(runRoot(), name), before, before)
    expect((await stackrig('up', 'pocket', '--name', 'later')).exitCode).toBe(0)
    const listed = JSON.parse((await stackrig('ps', '--json')).stdout) as { name: string }[]
    expect(listed.map(({ name }) => name)).toEqual(['pocket', 'later'])
    expect((await stackrig('down', 'later')).stdout).toBe('later is down')
  })

  test('is listed beside a note of another version, which is told and passed over', async () => {
    const [folder = ''] = await readdir(runRoot())
    const other = join(runRoot(), 'deadbeef')
    await mkdir(other, { mode: 0o700 })
    for (const text of ['', '{}', '{"version":9}']) {
      await writeFile(join(other, 'cluster.json'), text)
      const { stdout, stderr, exitCode } = await stackrig('ps', '--json')
      expect(exitCode).toBe(0)
      expect(JSON.parse(stdout)).toMatchObject([{ name: 'pocket', folder: join(runRoot(), folder) }])
      expect(stderr).toContain('deadbeef/cluster.json is not of this version')
    }
    await rm(other, { recursive: true })
  })

  test('cannot be brought up twice under one name', async () => {
    const { exitCode, stderr } = await stackrig('up', 'pocket')
    expect(exitCode).toBe(2)
    expect(stderr).toMatch(/USAGE a cluster "pocket" is already running[\s\S]*down pocket/)
  })

  test('runs a command: outputs apart, and its exit status passed on', async () => {
    const result = await stackrig('shell', 'one', 'hostname; echo err >&2; exit 7')
    expect(result).toMatchObject({ stdout: 'one', stderr: 'err', exitCode: 7 })
    expect((await stackrig('shell', 'two', 'printf', '%s,', 'a b', "it's")).stdout).toBe("a b,it's,")
    expect((await stackrig('shell', 'two', '--', 'hostname')).stdout).toBe('two')
  })

  test('ends a command with Ctrl-C, also on the node, and takes the next', async () => {
    const terminal = new Terminal('shell', 'one', 'echo begun; sleep 1234')
    await terminal.shows(/begun/)
    terminal.type('\x03')
    expect(await terminal.ended).toBe(130)
    expect((await stackrig('shell', 'one', 'ps')).stdout).not.toContain('sleep 1234')
  })

  test('has no node of another name', async () => {
    const { exitCode, stderr } = await stackrig('shell', 'three', 'true')
    expect(exitCode).toBe(2)
    expect(stderr).toMatch(/CLUSTER_UNKNOWN cluster pocket has no node "three"[\s\S]*one, two/)
  })

  test.each([
    ['exit', 'exit\r'],
    ['Ctrl-D', '\x04'],
  ])('gives a person a shell, left with %s', async (_, farewell) => {
    const terminal = new Terminal('shell', 'one')
    await terminal.shows(/# $/)
    // Nothing of the framing.
    expect(terminal.screen).not.toMatch(/#\w+#/)
    terminal.type('echo $((6 * 7)) >&2; hostname\r')
    await terminal.shows(/42\s+one/)
    terminal.type(farewell)
    expect(await terminal.ended).toBe(0)
  })

  test('gives a person its console, left with Ctrl-]', async () => {
    const terminal = new Terminal('console', 'one')
    await terminal.shows(/one login: $/)
    terminal.type('root\r')
    await terminal.shows(/[#$] /)
    terminal.type('echo $((6 * 7))\r')
    await terminal.shows(/42/)
    terminal.type('exit\r')
    await terminal.shows(/login: $/, terminal.screen.length)
    terminal.type(leave)
    expect(await terminal.ended).toBe(0)
  })

  test('is down after `down`, and nothing is left', async () => {
    expect(await stackrig('down')).toMatchObject({ stdout: 'pocket is down', exitCode: 0 })
    await expectNothingLeft()
    expect((await stackrig('ps', '--json')).stdout).toBe('[]')
  })
})

import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, expect, test } from 'vitest'
import { packageFolder } from '../paths.js'
import { expectNothingLeft, ownHost } from '../testing/own-host.js'
import { stackrig, Terminal } from './testing/stackrig.js'

ownHost()

/** Scenarios of the checkout itself: what is recorded imports its harness. */
const written: string[] = []
afterAll(() => {
  for (const file of written) rmSync(file, { force: true })
})

function newFile(name: string): string {
  const file = join(packageFolder, 'scenarios', `recorded-${name}-${process.pid}.scenario.ts`)
  written.push(file)
  return file
}

/** Windows of persons who have left. */
const terminals: Terminal[] = []
afterEach(() => {
  for (const terminal of terminals.splice(0)) terminal.hangUp()
})

function record(...args: string[]): Terminal {
  const terminal = new Terminal('record', 'pocket', ...args)
  terminals.push(terminal)
  return terminal
}

/** Types lines, each at the prompt that stands there then. */
async function type(terminal: Terminal, ...lines: [line: string, prompt: RegExp][]): Promise<void> {
  for (const [line, prompt] of lines) {
    const before = terminal.screen.length
    terminal.type(`${line}\r`)
    await terminal.shows(prompt, before)
  }
}

/** Readline says where it writes. */
const onOne = /one:\S+# \x1b\[\d+G$/
const onHost = /record> $/

test('what a person did on nodes is a scenario that passes as it did', async () => {
  const file = newFile('passes')
  const terminal = record('--out', file, '--title', 'a file comes when it comes')
  await terminal.shows(onHost)
  await type(
    terminal,
    ['on one', onOne],
    ['cd /tmp', onOne],
    ['(sleep 4; echo all is ready >state) >/dev/null 2>&1 </dev/null &', onOne],
    ['test -e state', /exited 1[\s\S]*one:\/tmp# \x1b\[\d+G$/],
    ['sleep 5', onOne],
    ['test -e state', onOne],
    ['name=$(hostname)', onOne],
    ['echo "`cat state` on $name"', /all is ready on one[\s\S]*# \x1b\[\d+G$/],
    ['expect ready', /it is so[\s\S]*# \x1b\[\d+G$/],
    ['exit', onHost],
  )
  terminal.type('exit\r')
  expect(await terminal.ended, terminal.screen).toBe(0)
  expect(terminal.screen).toMatch(/next: npx stackrig test scenarios\/recorded-passes-\d+\s*$/)
  await expectNothingLeft()
  const text = readFileSync(file, 'utf8')
  expect(text).toContain('nodes.one.waitUntil`cd /tmp && test -e state`')
  expect(text).toContain("toContain('ready')")
  expect(text).not.toContain('sleep 5')

  const run = await stackrig('test', file, '--label', 'recorded')
  expect(run.exitCode, run.stdout + run.stderr).toBe(0)
  expect(run.stdout).toMatch(/1 passed, 0 failed\s*$/)
})

test('what a person saw fail fails, and what it said is in the report', async () => {
  const file = newFile('fails')
  const terminal = record('--out', file)
  await terminal.shows(onHost)
  await type(
    terminal,
    ['on one', onOne],
    ['ls /nowhere', onOne],
    ['exit', onHost],
    ['on two hostname', /two[\s\S]*record> $/],
    ["on two 'echo lost >&2; false'", /lost[\s\S]*exited 1[\s\S]*record> $/],
  )
  // Ctrl-D.
  terminal.type('\x04')
  expect(await terminal.ended, terminal.screen).toBe(0)
  const text = readFileSync(file, 'utf8')
  expect(text).toContain("// It exited 1.\n    await nodes.one.execute('ls /nowhere')")

  const run = await stackrig('test', file, '--label', 'recorded')
  expect(run.exitCode, run.stdout + run.stderr).toBe(1)
  expect(run.stdout).toMatch(/lost/)
  expect(run.stdout).toMatch(/0 passed, 1 failed\s*$/)
})

test('a program of this machine is in their network; what it asks over HTTP is asked again', async () => {
  const file = newFile('asks')
  const terminal = record('--out', file)
  await terminal.shows(onHost)
  await type(
    terminal,
    ['on one', onOne],
    // Answers when it has read the request: otherwise the connection would be reset.
    [
      String.raw`printf '#!/bin/sh\nwhile read -r l; do [ ${'$'}{#l} -lt 2 ] && break; done\nprintf "HTTP/1.0 200 OK\\r\\n\\r\\nwell"\n' >/tmp/answer`,
      onOne,
    ],
    ['chmod +x /tmp/answer', onOne],
    ['(nc -ll -p 8080 -e /tmp/answer >/dev/null 2>&1 </dev/null &)', onOne],
    ['exit', onHost],
    ['curl -s http://one:8080/state', /well[\s\S]*record> $/],
    ['expect well', /it is so[\s\S]*record> $/],
    ['false', onHost],
  )
  terminal.type('exit\r')
  expect(await terminal.ended, terminal.screen).toBe(0)
  const text = readFileSync(file, 'utf8')
  expect(text).toContain("waitFor(http(cluster.dial, 'http://one:8080/state', { body: /well/ }))")
  expect(text).toContain('// Left out: false (a program of this machine, not of the cluster; it exited 1')
  const run = await stackrig('test', file, '--label', 'recorded')
  expect(run.exitCode, run.stdout + run.stderr).toBe(0)
})

test('Ctrl-C ends a command, not the recording', async () => {
  const file = newFile('ends')
  const terminal = record('--out', file)
  await terminal.shows(onHost)
  await type(terminal, ['on one', onOne])
  terminal.type('echo begun; sleep 1234\r')
  await terminal.shows(/\nbegun/)
  await type(
    terminal,
    ['\x03', /ended[\s\S]*# \x1b\[\d+G$/],
    ['while ps | grep -q "[s]leep 1234"; do :; done; echo gone', /\ngone[\s\S]*# \x1b\[\d+G$/],
  )
  await type(terminal, ['exit', onHost])
  // Ctrl-C before the shell has begun it would end the line, not the command.
  terminal.type('echo begun here; sleep 1234\r')
  await terminal.shows(/\rbegun here/)
  await type(terminal, ['\x03', /\^C[\s\S]*record> $/])
  terminal.hangUp()
  await terminal.ended
  await expectNothingLeft()
  // What was done until then is there.
  expect(readFileSync(file, 'utf8')).toContain(
    '// Left out: one: echo begun; sleep 1234 (it was ended with Ctrl-C).',
  )
})

test('a window that is closed at a node ends everything', async () => {
  const file = newFile('closed')
  const terminal = record('--out', file)
  await terminal.shows(onHost)
  await type(terminal, ['on two', /two:\S+# \x1b\[\d+G$/], ['hostname', /two:\S+# \x1b\[\d+G$/])
  terminal.hangUp()
  expect(await terminal.ended).toBe(130)
  await expectNothingLeft()
  expect(readFileSync(file, 'utf8')).toContain("nodes.two.run`hostname`).toBe('two')")
})

test('a recording that is killed leaves what was done until then, and nothing else', async () => {
  const file = newFile('killed')
  const terminal = record('--out', file)
  await terminal.shows(onHost)
  await type(terminal, ['on one hostname', onHost])
  await expect.poll(() => existsSync(file), { timeout: 30_000 }).toBe(true)
  terminal.kill()
  await terminal.ended
  await expectNothingLeft()
  expect(readFileSync(file, 'utf8')).toContain("nodes.one.run`hostname`).toBe('one')")
})

test.each([
  { words: ['record', 'pocket'], says: /USAGE a recording must have a terminal/ },
  { words: ['record', 'nowhere'], says: /USAGE/ },
])('$words without a terminal is refused before anything starts', async ({ words, says }) => {
  const { stderr, exitCode } = await stackrig(...words)
  expect(stderr).toMatch(says)
  expect(exitCode).toBe(2)
})

test.each([
  ['elsewhere/x.scenario.ts', /must be a file of scenarios\//],
  ['scenarios/nova.scenario.ts', /must not replace a scenario/],
])('a scenario is not written to %s', async (file, says) => {
  const terminal = record('--out', file)
  expect(await terminal.ended).toBe(2)
  expect(terminal.screen).toMatch(says)
})

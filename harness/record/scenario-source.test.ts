import { join } from 'node:path'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { showControls } from '../errors/index.js'
import { packageFolder } from '../paths.js'
import { actsOf, pauseReason } from './acts.js'
import type { Subject } from './draft.js'
import { formatted } from './format.js'
import { patternText, rawTemplateText, stringLiteral } from './literal.js'
import type { Note } from './note.js'
import { scenarioSource } from './scenario-source.js'
import { objections } from './testing/lawful.js'
import { call, gap, onPocket, program, ran, says, status } from './testing/notes.js'

/** All that were written here: the last test asks the repository's tools about them, which takes seconds. */
const written: string[] = []

async function scenarioOf(notes: readonly Note[], subject: Subject = onPocket): Promise<string> {
  const text = await formatted(
    scenarioSource(actsOf(notes), subject),
    join(packageFolder, 'scenarios', 'x.scenario.ts'),
  )
  written.push(text)
  return text
}

test('several commands of a step that are looked at have variables of their own', async () => {
  const text = await scenarioOf([
    { kind: 'step', name: 'x' },
    ran('ls /a', { exitCode: 2 }),
    status(2),
    ran('ls /b', { exitCode: 2 }),
    status(2),
    ran('cat c', { stdout: 'one two\n' }),
    says('one'),
    says('two'),
    ran('cat d', { stdout: 'one two\n' }),
    says('one'),
    says('two'),
  ])
  const declared = [...text.matchAll(/const (\w+) = await/g)].map(([, name]) => name)
  expect(declared).toHaveLength(4)
  expect(new Set(declared).size).toBe(4)
})

test('what succeeded once and failed the second time is done twice', () => {
  const acts = actsOf([
    ran('lvcreate x', { stdout: 'created\n' }),
    ran('lvcreate x', { exitCode: 5, stdout: 'it is there\n' }),
  ])
  expect(acts).toHaveLength(2)
})

test('what changed the cloud is done as often as it was; what looked at it, until it is as wanted', () => {
  const post = call('POST', 'http://controller:9696/v2.0/networks')
  const token = call('POST', 'http://controller:5000/v3/auth/tokens')
  const get = call('GET', 'http://controller:9696/v2.0/networks')
  const made = actsOf([
    ...[token, post, program('openstack network create x', { output: 'x\n' })],
    ...[token, post, program('openstack network create x', { output: 'x\n' })],
  ])
  expect(made).toHaveLength(2)
  const looked = actsOf([
    ...[token, get, program('openstack network list', { output: '\n x' })],
    ...[token, get, program('openstack network list', { output: 'x\n' }), says('x')],
  ])
  expect(looked).toHaveLength(1)
})

test('an expectation is of the last thing that was seen, also behind a pause', () => {
  const [seen] = actsOf([ran('cat state', { stdout: 'ready\n' }), gap('sleep 5', pauseReason), says('ready')])
  expect(seen).toMatchObject({ expects: [{ text: 'ready' }] })
})

test('what was done on nodes is a scenario, with a step for each command', async () => {
  expect(
    await scenarioOf([
      ran('touch /tmp/begun'),
      ran('test -e /tmp/ready', { exitCode: 1 }),
      ran('test -e /tmp/ready', { exitCode: 1, pause: 2000 }),
      ran('test -e /tmp/ready', { pause: 2000 }),
      ran('cat state', { before: [{ text: 'cd /tmp' }], stdout: 'all is well\n' }),
      says('well'),
    ]),
  ).toMatchInlineSnapshot(`
    "/**
     * what a person did
     *
     * Recorded.
     */
    import { expect, scenario } from '../harness/index.js'
    import { pocket } from '../fixtures/topologies/pocket.js'

    const test = scenario(pocket)

    test('what a person did', async ({ nodes, step }) => {
      await step('one: touch /tmp/begun', () => nodes.one.run\`touch /tmp/begun\`)

      await step('one: test -e /tmp/ready', () => nodes.one.waitUntil\`test -e /tmp/ready\`)

      await step('one: cat state', async () => {
        expect(await nodes.one.run\`cd /tmp && cat state\`).toContain('well')
      })
    })
    "
  `)
})

test('a text that was looked for again and again is waited for', async () => {
  const text = await scenarioOf([
    ran('cat /tmp/state', { stdout: 'starting\n' }),
    ran('cat /tmp/state', { stdout: 'starting\n' }),
    ran('cat /tmp/state', { stdout: 'all is ready\n' }),
    says('ready'),
  ])
  expect(text).toContain("() => waitFor(output(nodes.one, 'ready')`cat /tmp/state`)")
})

test('the last observation is asserted, without what passes', async () => {
  expect(await scenarioOf([ran('hostname', { stdout: 'one\n' })])).toContain(
    "expect(await nodes.one.run`hostname`).toBe('one')",
  )
  const passing = 'process 12345 at 192.168.7.2 since 12:01:44\n'
  expect(await scenarioOf([ran('state', { stdout: passing })])).toContain(
    String.raw`.toMatch(/^process \S+ at 192\.168\.7\.2 since \S+$/)`,
  )
})

test('a failure that was the last thing seen fails the scenario; with `expect` it is as it should be', async () => {
  const failing = ran('false; echo broken >&2', { exitCode: 1, stderr: 'broken\n' })
  expect(await scenarioOf([failing])).toContain('expect(result.exitCode, result.stderr.toString()).toBe(0)')
  expect(await scenarioOf([failing, status(1)])).toContain(
    'expect(result.exitCode, result.stderr.toString()).toBe(1)',
  )
  expect(await scenarioOf([failing, says('broken')])).toContain(
    "expect(`${result.stdout.toString()}${result.stderr.toString()}`).toContain('broken')",
  )
  const tried = [1, 2, 3].map(() => ran('test -e /x', { exitCode: 1, pause: 20_000 }))
  expect(await scenarioOf(tried)).toContain("nodes.one.waitUntil({ timeout: '41s' })`test -e /x`")
})

test('a failure on the way is no assertion, a pause is a wait, what cannot be done again is left out', async () => {
  const text = await scenarioOf([
    ran('rm /nowhere', { exitCode: 1 }),
    gap('vi /etc/hosts', 'it draws on the whole screen'),
    ran('start', { pause: 10_000 }),
    ran('true'),
  ])
  expect(text).toContain("// It exited 1.\n    await nodes.one.execute('rm /nowhere')")
  expect(text).toContain('// Left out: vi /etc/hosts (it draws on the whole screen).')
  expect(text).toContain('nodes.one.waitUntil`start`')
})

test('the output of a command goes where the person put it', async () => {
  const id = { variable: 'id', value: 'a b' }
  const text = await scenarioOf([
    ran('make-id', { assigns: 'id', stdout: 'a b\n' }),
    ran('use "$id"', { before: [id], stdout: 'done\n' }),
    ran('lose "$id"', { before: [id], exitCode: 2 }),
  ])
  expect(text).toContain('nodes.one.run`export id=${id} && use "$id"`')
  expect(text).toContain(`'export id=' + quoteWord(id) + ' && lose "$id"'`)
})

test('nodes whose names are no words, and words of the language, are no trouble', async () => {
  const text = await scenarioOf([
    ran('make', { assigns: 'class', stdout: 'x' }),
    ran('echo $class', { before: [{ variable: 'class', value: 'x' }], stdout: 'x' }),
  ])
  expect(text).toMatch(/const class2 = await step/)
})

const hostile = [
  '`${process.exit(1)}`',
  'it\'s "both" `all` ${x}',
  String.raw`printf '\n\x1b[2J' \\`,
  'echo \x1b]52;c;AAAA\x07 \u202e reversed',
  'line one\nline two\r\n*/ /*',
  '*/ process.exit() /*',
  '${',
  '\\',
  '\u2028\ud800 half \ud83d\ude00 \\ud83d\ude00',
  '</script>\0',
]

test.each(hostile.map((text) => [JSON.stringify(text), text]))(
  '%s acts on nobody, wherever it stands',
  async (_, text = '') => {
    const notes = [
      ...[
        ran(text),
        ran(text, { stdout: text }),
        says(text),
        { kind: 'step', name: text } as const,
        ran(text),
      ],
      ...[gap(text, text), ran(text, { before: [{ text }], assigns: text, stdout: text })],
      ran(text, { exitCode: 3, stderr: text, before: [{ variable: 'a', value: text }] }),
    ]
    const written = await scenarioOf(notes, { ...onPocket, title: text, remarks: [text] })
    // What acts on a terminal, or turns what stands beside it.
    expect(showControls(written)).toBe(written)
  },
)

test.each(hostile)('%j is read as it was said', (text) => {
  expect(runInNewContext(stringLiteral(text))).toBe(text)
  expect(text).toMatch(runInNewContext(`/^${patternText(text)}$/`) as RegExp)
  const raw = rawTemplateText(text)
  if (raw !== undefined) expect(runInNewContext(`String.raw\`${raw}\``)).toBe(text)
})

test('all of them are formatted, compile, and are linted', { timeout: 300_000 }, async () => {
  expect(await objections(written)).toEqual([])
})

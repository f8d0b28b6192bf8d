import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { expect, test, vi } from 'vitest'
import { parseResults, type Results } from '../report/index.js'
import { ownHost } from '../testing/own-host.js'
import { onPocket, ownProject, plain } from './testing/own-project.js'
import { program, stackrigIn } from './testing/stackrig.js'

const { folder } = ownHost({ cache: 'own' })

let projects = 0

function newProject(scenarios: Record<string, string>): string {
  const project = join(folder, `night-${++projects}`)
  mkdirSync(project)
  ownProject(project, scenarios)
  // What tells them apart in the history.
  writeFileSync(join(project, 'package.json'), JSON.stringify({ name: `night-${projects}`, type: 'module' }))
  return project
}

const nightly = (project: string, ...words: string[]) =>
  stackrigIn({ cwd: project }, 'nightly', '--only', 'scenarios', '--jobs', '2', ...words)

function latest(project: string): Results {
  const results = parseResults(readFileSync(join(project, 'results', 'latest', 'results.json'), 'utf8'))
  if (!results) throw new Error('the night left no results')
  return results
}

const page = (project: string): string =>
  readFileSync(join(project, 'results', 'nightly', 'index.html'), 'utf8')

/** How often each test was run. */
const timesOf = (project: string): Record<string, number> => {
  const names = latest(project).tests.map(({ name }) => name.replace(/ \(run \d+\)$/, ''))
  return Object.fromEntries(
    [...new Set(names)].map((name) => [name, names.filter((one) => one === name).length]),
  )
}

const sound = (name: string): string => `${plain}test('${name}', () => { expect(1).toBe(1) })`

test('a night runs everything once, what changed three times, and what is new ten times', async () => {
  const project = newProject({
    one: sound('one'),
    two: sound('two'),
  })
  const first = await nightly(project)
  expect(first.exitCode, first.stderr).toBe(0)
  expect(first.stdout.split('\n').at(-1)).toBe('2 passed, 0 failed')
  expect(timesOf(project)).toEqual({ one: 1, two: 1 })
  const scenario = (name: string): string => join(project, 'scenarios', `${name}.scenario.ts`)
  writeFileSync(scenario('one'), `${sound('one')}\nconst changed = 1; console.log(changed)`)
  writeFileSync(scenario('two'), `// A comment changes nothing.\n${sound('two')}`)
  writeFileSync(scenario('three'), sound('three'))
  const second = await nightly(project)
  expect(second.exitCode, second.stderr).toBe(0)
  expect(timesOf(project)).toEqual({ one: 3, two: 1, three: 10 })
  expect(second.stdout).toContain('scenarios/three.scenario.ts, run 10 of 10: 1 passed, 0 failed')
  expect(page(project)).toContain('scenarios/three.scenario.ts: three')
  // Only what says something is kept of the runs of a night.
  const kept = readdirSync(join(project, 'results')).filter((name) => name.includes('-nightly-'))
  expect(kept).toEqual([])
}, 1_800_000)

test('a scenario on forks: what its runs left is found from the merged report', async () => {
  const project = newProject({
    pocket: `${onPocket}test('a fork', async ({ one, step }) => {
      await step('ask', () => one.run\`hostname\`)
      await one.run\`cat /nowhere\` })`,
  })
  const { stdout, stderr, exitCode } = await nightly(project)
  expect(exitCode, stderr).toBe(1)
  const rewind = /npx stackrig rewind (\S+-nightly-\S+) pocket/.exec(stdout)?.[1] ?? ''
  expect(readdirSync(join(project, 'results', rewind))).toContain('report.html')
  const [failed] = latest(project).tests
  expect(existsSync(join(project, 'results', 'latest', failed?.evidence ?? 'nothing'))).toBe(true)
  expect(page(project)).toContain(`../${encodeURIComponent(rewind)}/report.html`)
}, 1_800_000)

test('a flake in quarantine goes on running, and cannot fail the night until its day', async () => {
  const project = newProject({
    flaky: `${plain}test('now and then', () => {
      appendFileSync('counter', 'x')
      if (readFileSync('counter', 'utf8').length % 2 === 0) throw new Error('late by 3 s') })`,
  })
  expect((await nightly(project)).exitCode).toBe(0)
  const failed = await nightly(project)
  expect(failed.exitCode, failed.stderr).toBe(1)
  expect(page(project)).toMatch(/<h2>Flakes<\/h2>[\s\S]*now and then[\s\S]*50 % of 2[\s\S]*late by # s/)
  const entry = { scenario: 'scenarios/flaky.scenario.ts', issue: 'https://bugs.example/24' }
  const quarantine = (until: string): void =>
    writeFileSync(join(project, 'quarantine.yaml'), JSON.stringify([{ ...entry, until }]))
  quarantine('2999-12-31')
  expect((await nightly(project)).exitCode).toBe(0)
  const known = await nightly(project)
  expect(known.exitCode, known.stderr).toBe(0)
  expect(latest(project)).toMatchObject({ known: 1, failed: 0 })
  quarantine('2020-12-31')
  const over = await nightly(project)
  expect(over.exitCode).toBe(1)
  expect(over.stdout).toContain('its quarantine ended on 2020-12-31')
  writeFileSync(join(project, 'quarantine.yaml'), '- scenario: scenarios/gone.scenario.ts')
  const wrong = await nightly(project)
  expect(wrong.exitCode).toBe(2)
  expect(wrong.stderr).toMatch(/quarantine.yaml must be a list/)
}, 1_800_000)

test('a night that was killed goes on in the middle of a part; a second one at a time is refused', async () => {
  const slow = (name: string): string =>
    `${plain}import { existsSync } from 'node:fs'
    import { setTimeout as delay } from 'node:timers/promises'
    test('${name}', async () => { appendFileSync('ran', '${name}\\n')
      // The third ends when it is told to.
      while (readFileSync('ran', 'utf8').length === 6 && !existsSync('go')) await delay(50) })`
  const project = newProject(Object.fromEntries(['a', 'b', 'c', 'd'].map((name) => [name, slow(name)])))
  const ran = (): string[] =>
    existsSync(join(project, 'ran')) ? readFileSync(join(project, 'ran'), 'utf8').trim().split('\n') : []
  const words = [program, 'nightly', '--only', 'scenarios', '--jobs', '1']
  const killed = execa(process.execPath, words, { cwd: project, reject: false })
  await vi.waitFor(() => expect(ran()).toHaveLength(3), { timeout: 900_000, interval: 50 })
  const second = await nightly(project)
  expect(second.exitCode).toBe(2)
  expect(second.stderr).toMatch(/one night of night-\d runs at a time/)
  killed.kill('SIGKILL')
  await killed
  writeFileSync(join(project, 'go'), '')
  const rest = await nightly(project, '--jobs', '1')
  expect(rest.exitCode, rest.stderr).toBe(0)
  expect(rest.stdout).toMatch(/goes on with the night that began[\s\S]*\(2 of 4 are done\)/)
  expect(timesOf(project)).toEqual({ a: 1, b: 1, c: 1, d: 1 })
  // Only what was in the middle ran again.
  expect(ran()).toHaveLength(5)
}, 1_800_000)

test('several machines share a night; merged, it is the night, and what a machine did not run is missed', async () => {
  const names = ['a', 'b', 'c']
  const project = newProject(Object.fromEntries(names.map((name) => [name, sound(name)])))
  const plan = join(project, 'plan.json')
  const written = await nightly(project, '--write-plan', plan, '--shards', '2')
  expect(written.exitCode, written.stderr).toBe(0)
  const shards = [1, 2].map((index) => nightly(project, '--shard', `${index}/2`, '--plan', plan))
  for (const { exitCode, stderr } of await Promise.all(shards)) expect(exitCode, stderr).toBe(0)
  const merge = () => stackrigIn({ cwd: project }, 'nightly', '--merge', 'results')
  const merged = await merge()
  expect(merged.exitCode, merged.stderr).toBe(0)
  expect(timesOf(project)).toEqual(Object.fromEntries(names.map((name) => [name, 1])))
  expect(merged.stdout.split('\n').at(-1)).toBe('3 passed, 0 failed')
  expect(page(project)).toContain('scenarios/c.scenario.ts: c')
  rmSync(join(project, 'results', 'nightly', 'shard-2-of-2.json'))
  const missed = await merge()
  expect(missed.exitCode).toBe(1)
  expect(missed.stdout).toMatch(/[12] not run/)
  // Sources that have changed are another night.
  writeFileSync(join(project, 'scenarios', 'a.scenario.ts'), sound('other'))
  const other = await nightly(project, '--shard', '1/2', '--plan', plan)
  expect(other.exitCode).toBe(2)
  expect(other.stderr).toContain('a plan must be of these sources')
}, 1_800_000)

test('a part that there is not is refused before anything starts', async () => {
  const { stderr, exitCode } = await stackrigIn({ cwd: newProject({}) }, 'nightly', '--only', 'scenarios,vm')
  expect(stderr).toMatch(/no part "vm"[\s\S]*core, scenarios, slow/)
  expect(exitCode).toBe(2)
})

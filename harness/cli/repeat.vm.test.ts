import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import * as z from 'zod'
import { ownHost } from '../testing/own-host.js'
import { onPocket, ownProject, plain } from './testing/own-project.js'
import { stackrigIn } from './testing/stackrig.js'

const { folder } = ownHost()
const repeatSchema = z.object({
  clean: z.number(),
  failed: z.number(),
  runs: z.array(z.object({ n: z.number(), folder: z.string(), exitStatus: z.number() })),
})

/** A line that counts its runs in a file, each of which is at its own place though several run side by side. */
const counted = (file: string): string =>
  `appendFileSync('${file}', 'x\\n'); const n = readFileSync('${file}', 'utf8').length / 2`

let project = ''
let projects = 0

beforeEach(() => {
  project = join(folder, `project-${++projects}`)
  mkdirSync(project)
  const file = (name: string): string => join(project, name)
  ownProject(project, {
    flaky: `${plain}test('now and then', () => { ${counted(file('flaky'))}
      if (n % 3 === 0) throw new Error('late by ' + n + ' s') })`,
    sound: `${plain}test('always', () => { expect(1).toBe(1) })`,
    never: `${plain}test('never', () => { expect(1).toBe(2) })`,
    full: `${plain}test('full', () => { ${counted(file('full'))}
      if (n === 2 || n > 40) throw Object.assign(new Error('no space left'), { code: 'ENOSPC' }) })`,
    broken: `${plain}test('broken', () => { throw Object.assign(new Error('no space'), { code: 'ENOSPC' }) })`,
    skipped: `${plain}test.skip('later', () => undefined)`,
    pocket: `${onPocket}import { appendFileSync, readFileSync } from 'node:fs'
      test('the other node answers', async ({ one }) => { ${counted(file('pocket'))}
      await one.run\`ping -c 1 two\`
      expect(await one.run\`cat /root/word 2>/dev/null || echo none\`).toBe('none')
      await one.run\`sh -c \${'echo mine >/root/word'}\`
      if (n === 4) await one.run\`cat /nowhere\` })`,
  })
})

const stackrig = (...words: string[]) => stackrigIn({ cwd: project }, ...words)

function repeatNote(stdout: string): z.infer<typeof repeatSchema> {
  const file = /^data: (.+)$/m.exec(stdout)?.[1] ?? ''
  return repeatSchema.parse(JSON.parse(readFileSync(join(project, file), 'utf8')))
}

test('a test on forks runs many times side by side: its rate, and its failures by first cause', async () => {
  const { stdout, stderr, exitCode } = await stackrig('test', 'pocket', '--repeat', '6', '--jobs', '2')
  expect(stdout, stderr).toContain('2 runs side by side')
  expect(stdout).toContain('5 of 6 passed, 83.3 % (Wilson 95 %: 43.6 % to 97 %)')
  expect(stdout).toMatch(/1 time COMMAND_FAILED .*\n {6}in run \d; the first: results\/.*-repeat-\d+-\d$/m)
  expect(exitCode).toBe(1)
  const { clean, failed, runs } = repeatNote(stdout)
  expect([clean, failed]).toEqual([5, 1])
  // Each has a folder of its own.
  expect(new Set(runs.map(({ folder: of }) => of)).size).toBe(6)
  const bad = runs.find(({ exitStatus }) => exitStatus === 1)
  expect(readdirSync(join(project, bad?.folder ?? ''))).toContain('report.html')
}, 600_000)

test('failures that differ in numbers only are one group, and none begins after one that failed', async () => {
  const all = await stackrig('test', 'flaky', '--repeat', '7', '--jobs', '1')
  expect(all.stdout, all.stderr).toContain('  2 times late by # s\n      in runs 3, 6; the first: ')
  expect(all.stdout).toContain('5 of 7 passed')
  const until = await stackrig('test', 'flaky', '--repeat', '7', '--jobs', '1', '--until-fail')
  // The eighth passes, the ninth fails.
  expect(repeatNote(until.stdout)).toMatchObject({ clean: 1, failed: 1 })
  expect(until.exitCode).toBe(1)
}, 300_000)

test('a run that the host broke says nothing, and is made good; too many of them end it', async () => {
  const once = await stackrig('test', 'full', '--repeat', '3', '--jobs', '1')
  expect(once.stdout, once.stderr).toContain('3 of 3 passed')
  expect(once.stdout).toContain('1 time the host or stackrig itself failed, which says nothing of it')
  expect(once.exitCode).toBe(3)
  const broken = await stackrig('test', 'broken', '--repeat', '20')
  expect(repeatNote(broken.stdout)).toMatchObject({ clean: 0, failed: 0 })
  expect(repeatNote(broken.stdout).runs).toHaveLength(3)
}, 300_000)

test('a fix is believable after enough clean runs, and not after one that fails', async () => {
  const sound = await stackrig('fixed', 'sound', '--rate', '0.6', '--jobs', '2')
  expect(sound.stdout, sound.stderr).toContain('4 clean runs make the fix believable')
  expect(sound.stdout).toContain('believable: 4 clean runs')
  expect(sound.exitCode).toBe(0)
  const never = await stackrig('fixed', 'never', '--rate', '0.6')
  expect(never.stdout).toContain('not believable: it failed after 0 clean runs of 4')
  expect(never.exitCode).toBe(1)
}, 300_000)

test.each([
  [['test', '--repeat', '2'], /--repeat must run files that are named/],
  [['test', 'sound', '--jobs', '2'], /must stand beside --repeat/],
  [['test', 'sound', '--repeat', '2', '--until', '1'], /without --until/],
  [['test', 'sound', '--repeat', '0'], /whole number above 0/],
  [['test', 'nowhere', '--repeat', '2'], /nowhere/],
  [['test', 'skipped', '--repeat', '2'], /there must be tests that run/],
  [['fixed', 'sound', '--rate', '1'], /above 0 and below 1/],
])('%j is refused', async (words, says) => {
  const { stderr, exitCode } = await stackrig(...words)
  expect(stderr).toMatch(says)
  expect(exitCode).toBe(2)
})

import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join, relative } from 'node:path'
import { execa } from 'execa'
import { expect, test, vi } from 'vitest'
import { packageFolder } from '../paths.js'
import { accelerationFile } from '../qemu/index.js'
import { parseResults } from '../report/index.js'
import { settings } from '../settings.js'
import { cacheWithImages } from '../testing/cache-with-images.js'
import { ownHost } from '../testing/own-host.js'
import { pocketHost } from '../testing/pocket.js'
import { onPocket, ownProject, plain } from './testing/own-project.js'
import { Slurm, withoutSlurm } from './testing/slurm.js'
import { stackrigIn } from './testing/stackrig.js'

const { folder } = ownHost()

/** Says in the file `ran` that it runs, and waits until the file `go` is there. */
const waits = (name: string): string => `${plain}
import { existsSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
test('${name}', async () => {
  appendFileSync('ran', '${name}\\n')
  while (!existsSync('go')) await delay(50)
}, 600_000)`

const scenarios = {
  a: waits('a'),
  b: waits('b'),
  c: `${plain}test('c', () => { expect(1).toBe(1) })
test('fails', () => { expect(1).toBe(2) })`,
  // An import of a file of the project's: only of such is known which golden snapshot is needed.
  fork: `${onPocket.replaceAll(packageFolder, relative(join(folder, 'sharded', 'scenarios'), packageFolder))}
test('a fork', async ({ one }) => { expect(await one.run\`hostname\`).toBe('one') })`,
}
const night = ['--only', 'scenarios', '--jobs', '1']

/** A project that has stackrig as a package, as others have. Its name is that of its history. */
function newProject(name: string): string {
  const project = ownProject(join(folder, name), scenarios)
  writeFileSync(join(project, 'package.json'), JSON.stringify({ name, type: 'module' }))
  const [packages, own] = [join(packageFolder, 'node_modules'), join(project, 'node_modules')]
  rmSync(own)
  mkdirSync(own)
  for (const entry of readdirSync(packages)) symlinkSync(join(packages, entry), join(own, entry))
  symlinkSync(packageFolder, join(own, 'stackrig'))
  return project
}

/** What became of each test. */
function outcomes(project: string): string[] {
  const results = parseResults(readFileSync(join(project, 'results', 'latest', 'results.json'), 'utf8'))
  return (results?.tests ?? []).map(({ file, name, state }) => `${file}: ${name}: ${state}`).toSorted()
}

/** The tests that have begun in a project, with those that wait. */
function ran(project: string): string[] {
  const file = join(project, 'ran')
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').toSorted() : []
}

/** What the jobs have said. */
function tellJobs(project: string): void {
  const nightly = join(project, 'results', 'nightly')
  for (const name of readdirSync(nightly).filter((file) => file.endsWith('.out')))
    console.error(`${name}\n${readFileSync(join(nightly, name), 'utf8').slice(-3000)}`)
}

test(
  'a night of two shards under Slurm is the night; a slurmd and a machine that die in the middle cost time only',
  { tags: ['slow'] },
  async ({ skip, onTestFailed }) => {
    const missing = withoutSlurm()
    skip(missing !== undefined, missing)
    await pocketHost()
    // One machine has images, the other has to fetch them.
    const [first, second] = [cacheWithImages(join(folder, 'cache-n1')), join(folder, 'cache-n2')]
    mkdirSync(second)
    if (existsSync(join(first, accelerationFile)))
      copyFileSync(join(first, accelerationFile), join(second, accelerationFile))
    const sharded = newProject('sharded')
    await using slurm = await Slurm.start(join(folder, 'slurm'))

    const script = join(packageFolder, 'docs', 'nightly.slurm')
    const { stdout: merge } = await execa('bash', [script, '2', ...night], {
      cwd: sharded,
      env: {
        ...slurm.env,
        STACKRIG_CACHE: join(folder, 'cache-%n'),
        STACKRIG_MERGES_ON: 'n1',
        TMPDIR: settings().temporary,
      },
    })
    onTestFailed(() => tellJobs(sharded))
    // Both machines are in the middle of their shards.
    await vi.waitFor(() => expect(ran(sharded)).toEqual(['a', 'b']), { timeout: 900_000, interval: 100 })
    await slurm.killSlurmd('n1')
    await slurm.killMachine('n2')
    slurm.startSlurmd('n1')
    writeFileSync(join(sharded, 'go'), '')
    await releaseHeld(slurm)
    expect(await slurm.ended(merge, 900_000)).toBe(1)
    expect(readdirSync(join(sharded, 'results', 'nightly', 'depot', 'golden'))).toEqual(['pocket'])
    // What was on the machine that died ran twice, and nothing else did.
    expect([
      ['a', 'a', 'b'],
      ['a', 'b', 'b'],
    ]).toContainEqual(ran(sharded))

    const whole = newProject('whole')
    writeFileSync(join(whole, 'go'), '')
    const unsharded = await stackrigIn({ cwd: whole, cache: first }, 'nightly', ...night)
    expect(unsharded.exitCode, unsharded.stderr).toBe(1)
    expect(outcomes(sharded)).toEqual(outcomes(whole))
    expect(outcomes(sharded)).toContain('scenarios/fork.scenario.ts: a fork: passed')
  },
)

/** Slurm sees that a machine is gone, and holds its shard for two minutes before another gets it: longer than a test has patience. */
async function releaseHeld(slurm: Slurm): Promise<void> {
  const held = ['--noheader', '--array', '--name=stackrig-shard', '--states=PENDING', '--format=%i']
  await vi.waitFor(
    async () => {
      const { stdout: shard } = await slurm.run('squeue', ...held)
      expect(shard).toMatch(/^\d+_\d+$/)
      expect((await slurm.run('scontrol', 'update', `JobId=${shard}`, 'StartTime=now')).exitCode).toBe(0)
    },
    { timeout: 300_000, interval: 1000 },
  )
}

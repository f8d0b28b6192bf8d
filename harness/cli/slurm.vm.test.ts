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
import { join } from 'node:path'
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
const script = join(packageFolder, 'docs', 'nightly.slurm')

/** Waits, once, until the file `go` is there; who ran stands in the file `ran`. */
const waits = (name: string): string => `${plain}
import { existsSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
test('${name}', async () => {
  appendFileSync('ran', '${name}\\n')
  while (!existsSync('go')) await delay(50) }, 600_000)`

const scenarios = {
  a: waits('a'),
  b: waits('b'),
  c: `${plain}test('c', () => { expect(1).toBe(1) })
test('fails', () => { expect(1).toBe(2) })`,
  fork: `${onPocket}test('a fork', async ({ one }) => { expect(await one.run\`hostname\`).toBe('one') })`,
}

/** A project that has stackrig as a package, as others have. */
function newProject(name: string): string {
  const project = ownProject(join(folder, name), scenarios)
  writeFileSync(join(project, 'package.json'), JSON.stringify({ name, type: 'module' }))
  const packages = join(packageFolder, 'node_modules')
  rmSync(join(project, 'node_modules'))
  mkdirSync(join(project, 'node_modules'))
  for (const entry of readdirSync(packages))
    symlinkSync(join(packages, entry), join(project, 'node_modules', entry))
  symlinkSync(packageFolder, join(project, 'node_modules', 'stackrig'))
  return project
}

/** What became of each test. */
function outcomes(project: string): string[] {
  const results = parseResults(readFileSync(join(project, 'results', 'latest', 'results.json'), 'utf8'))
  return (results?.tests ?? []).map(({ file, name, state }) => `${file}: ${name}: ${state}`).toSorted()
}

test(
  'a night of two shards under Slurm is the night; a slurmd and a host that die in the middle cost time only',
  { tags: ['slow'] },
  async ({ skip, onTestFailed }) => {
    const missing = withoutSlurm()
    skip(missing !== undefined, missing)
    await pocketHost()
    // Two machines: one has made the images, the other has nothing.
    const [first, second] = [cacheWithImages(join(folder, 'cache-n1')), join(folder, 'cache-n2')]
    mkdirSync(second)
    if (existsSync(join(first, accelerationFile)))
      copyFileSync(join(first, accelerationFile), join(second, accelerationFile))
    const project = newProject('shards')
    await using slurm = await Slurm.start(join(folder, 'slurm'))
    const nightly = join(project, 'results', 'nightly')
    onTestFailed(() => {
      for (const name of readdirSync(nightly).filter((file) => file.endsWith('.out')))
        console.error(`${name}\n${readFileSync(join(nightly, name), 'utf8').slice(-3000)}`)
    })

    const env = {
      ...slurm.env,
      ...{ STACKRIG_CACHE: join(folder, 'cache-%n'), STACKRIG_MERGES_ON: 'n1', TMPDIR: settings().temporary },
    }
    const words = [script, '2', '--only', 'scenarios', '--jobs', '1']
    const submitted = await execa('bash', words, { cwd: project, env })
    const merge = submitted.stdout.trim()
    expect(merge).toMatch(/^\d+$/)
    const ran = (): string[] =>
      existsSync(join(project, 'ran')) ? readFileSync(join(project, 'ran'), 'utf8').trim().split('\n') : []
    // Both machines are in the middle of their shards.
    await vi.waitFor(() => expect(ran()).toHaveLength(2), { timeout: 900_000, interval: 100 })
    await slurm.killSlurmd('n1')
    await slurm.killMachine('n2')
    slurm.startMachine('n1')
    writeFileSync(join(project, 'go'), '')

    // Slurm sees that the host is gone, and gives its shard to the other: later than a test has patience for.
    await vi.waitFor(
      async () => {
        const { stdout: held } = await slurm.run(
          'squeue',
          '--noheader',
          '--array',
          '--name=stackrig-shard',
          '--states=PENDING',
          '--format=%i',
        )
        expect(held).toMatch(/^\d+_\d+$/)
        expect((await slurm.run('scontrol', 'update', `JobId=${held}`, 'StartTime=now')).exitCode).toBe(0)
      },
      { timeout: 300_000, interval: 1000 },
    )
    expect(await slurm.ended(merge, 900_000)).toBe(1)

    const whole = newProject('whole')
    writeFileSync(join(whole, 'go'), '')
    const night = await stackrigIn(
      { cwd: whole, cache: first },
      'nightly',
      '--only',
      'scenarios',
      '--jobs',
      '1',
    )
    expect(night.exitCode, night.stderr).toBe(1)
    expect(outcomes(project)).toEqual(outcomes(whole))
    expect(outcomes(project)).toContain('scenarios/fork.scenario.ts: a fork: passed')
    // What was on the host that died ran twice, and nothing else did.
    expect(ran().toSorted()).toEqual(expect.arrayContaining(['a', 'b']))
    expect(ran()).toHaveLength(3)
  },
)

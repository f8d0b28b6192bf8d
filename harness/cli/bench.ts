import { Command } from 'commander'
import { StackrigError } from '../errors/index.js'
import { findTopology, prepare } from '../scenario/index.js'
import type { Snapshot } from '../snapshot/index.js'
import { measureBootRatio } from './bench-boot.js'
import { measureCommands } from './bench-commands.js'
import { measureDiagnosis } from './bench-diagnosis.js'
import { measureFork, measureMemory } from './bench-fork.js'
import { measureMoment, measureSteps } from './bench-moments.js'
import { measureClaim, measureMany } from './bench-pool.js'
import { measureShell } from './bench-shell.js'
import { measureTimeline } from './bench-timeline.js'
import { measureWire } from './bench-wire.js'
import { median, repeat, sum } from './figures.js'
import { interrupted } from './interrupt.js'
import { namesOption } from './names-option.js'
import { Progress } from './progress.js'
import { wholeNumber } from './side-by-side.js'

/** What is measured on. */
interface Subjects {
  /** Three OpenStack nodes. */
  cloud: Snapshot
  /** Two small ones. */
  small: Snapshot
  runs: number
  /** As many as `runs`, and no more than three: each takes minutes. */
  few: number
}

/** Figures that are measured together; medians, by the keys of `docs/performance.md`. */
interface Measurement {
  keys: readonly string[]
  what: string
  measure: (subjects: Subjects) => Promise<number[]>
}

const measurements: readonly Measurement[] = [
  {
    keys: ['fork_ready_s', 'cold_ready_s', 'fork_speedup'],
    what: 'forking the cloud',
    measure: async ({ cloud, runs }) => {
      const fork = median(await repeat(runs, () => measureFork(cloud))) / 1000
      return [fork, cloud.took / 1000, cloud.took / 1000 / fork]
    },
  },
  {
    keys: ['pool_claim_ms'],
    what: 'taking forks that were loaded ahead',
    measure: async ({ cloud, runs }) => [median(await repeat(runs, () => measureClaim(cloud)))],
  },
  {
    keys: ['fork_eight_ratio'],
    what: 'eight forks of the cloud at once, and one, in turn',
    measure: async ({ cloud, few }) => [median(await repeat(few, () => measureMany(cloud)))],
  },
  {
    keys: ['ps_ms', 'up_s'],
    what: 'commands',
    measure: async ({ runs }) => {
      const times = await repeat(runs, measureCommands)
      return [median(times.map(({ ps }) => ps)), median(times.map(({ up }) => up)) / 1000]
    },
  },
  {
    keys: ['fork_private_mib_per_node'],
    what: 'memory of a fork of the cloud',
    measure: async ({ cloud, runs }) => [median(await repeat(runs, () => measureMemory(cloud)))],
  },
  {
    keys: ['moment_pause_ms', 'moment_mib', 'rewind_ready_s'],
    what: 'taking moments of the cloud, each a minute after a fork',
    measure: async ({ cloud, few }) => {
      const moments = await repeat(few, () => measureMoment(cloud))
      return [
        median(moments.map(({ pause }) => pause)),
        median(moments.map(({ size }) => size)),
        median(moments.map(({ ready }) => ready)) / 1000,
      ]
    },
  },
  {
    keys: ['step_overhead'],
    what: 'ten steps with a moment at the end of each, and without, in turn',
    measure: async ({ small, few }) => [median(await repeat(few, () => measureSteps(small)))],
  },
  {
    keys: ['timeline_cost_ratio'],
    what: 'an instance with a timeline, and without, in turn',
    measure: async ({ cloud, few }) => {
      const runs = await repeat(few, () => measureTimeline(cloud))
      return [median(runs.map((run) => run.with)) / median(runs.map((run) => run.without))]
    },
  },
  {
    keys: ['diagnosis_s', 'diagnosis_false_findings'],
    what: 'a diagnosis of a cloud that is well',
    measure: async ({ cloud, few }) => {
      const looks = await repeat(few, () => measureDiagnosis(cloud))
      return [median(looks.map(({ took }) => took)) / 1000, sum(looks.map(({ alarms }) => alarms))]
    },
  },
  {
    keys: ['shell_rtt_ms', 'port_wait_lag_ms'],
    what: 'talking to a node',
    measure: async ({ small, runs }) => {
      const { rtt, lag } = await measureShell(small, runs)
      return [rtt, lag]
    },
  },
  {
    keys: ['wire_rtt_ms', 'wire_lost', 'wire_throughput_ratio'],
    what: 'a link with and without the wire of faults',
    measure: async ({ small, runs }) => {
      const wires = await repeat(runs, () => measureWire(small))
      return [
        median(wires.map(({ roundTrip }) => roundTrip)),
        sum(wires.map(({ lost }) => lost)),
        median(wires.map(({ throughput }) => throughput)),
      ]
    },
  },
  {
    keys: ['boot_overhead_ratio'],
    what: 'booting the pocket image with and without stackrig, in turn',
    measure: async ({ small, runs }) => [median(await repeat(runs, () => measureBootRatio(small)))],
  },
]

interface Chosen {
  runs: number
  json?: boolean
  only?: string[]
}

/** `stackrig bench`: every speed we claim, measured here and now. */
export function benchCommand(): Command {
  return new Command('bench')
    .description('measure what stackrig costs on this machine')
    .option('--runs <n>', 'how often each is measured', wholeNumber, 5)
    .option('--only <keys>', 'with commas: only these figures, and what is measured with them', namesOption)
    .option('--json', 'print one JSON document')
    .action(async ({ runs, json, only }: Chosen) => {
      const chosen = only === undefined ? measurements : named(only)
      using progress = new Progress()
      const made = async (name: string): Promise<Snapshot> =>
        prepare(await findTopology(name), { signal: interrupted, onProgress: progress.part(name) })
      const cloud = await made('three-node')
      const subjects = { cloud, small: await made('pocket'), runs, few: Math.min(runs, 3) }
      const figures: [string, number][] = []
      for (const { keys, what, measure } of chosen) {
        progress.say(what)
        const values = await measure(subjects)
        for (const [index, key] of keys.entries()) figures.push([key, round(values[index] ?? Number.NaN)])
      }
      const all = [['accelerator', cloud.accelerator] as const, ...figures]
      if (json) process.stdout.write(`${JSON.stringify(Object.fromEntries(all), null, 2)}\n`)
      else for (const [key, value] of all) process.stdout.write(`${key.padEnd(28)} ${value}\n`)
    })
}

/** @throws StackrigError USAGE when a name is no figure's. */
function named(only: readonly string[]): Measurement[] {
  const keys = measurements.flatMap((measurement) => measurement.keys)
  const unknown = only.filter((name) => !keys.includes(name))
  if (unknown.length > 0)
    throw new StackrigError('USAGE', '--only wants names of figures', {
      seen: unknown.join(', '),
      next: `one of ${keys.join(', ')}`,
    })
  return measurements.filter((measurement) => measurement.keys.some((key) => only.includes(key)))
}

const round = (value: number): number => Math.round(value * 1000) / 1000

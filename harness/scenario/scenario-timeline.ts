import { rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { RunnerTask, RunnerTestCase } from 'vitest'
import type { Topology } from '../cluster/index.js'
import type { StackrigError } from '../errors/index.js'
import { maskSecrets } from '../openstack/index.js'
import { runOptions } from './run-options.js'
import type { Step, Steps } from './step.js'
import { chromeTrace, readTimeline, TimelineFile, timelineName, type Timeline } from '../timeline/index.js'

/** Begins the timeline of a scenario, in its folder of evidence, with what it is. */
export function openTimeline(folder: string, task: RunnerTestCase, topology: Topology): TimelineFile {
  const secrets = spellings(Object.values(topology.passwords ?? {}))
  const timeline = new TimelineFile(join(folder, timelineName), {
    mask: (text) => maskSecrets(text, secrets),
  })
  const [file, name] = [task.file.name, task.fullTestName]
  timeline.add({
    ...{ lane: 'scenario', kind: 'test', text: `${name} begins` },
    data: { file, name, topology: topology.name },
  })
  return timeline
}

/** A password as JSON, an address and a header spell it. */
const spellings = (secrets: readonly string[]): string[] =>
  secrets.flatMap((secret) => [
    ...new Set([secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)]),
    Buffer.from(secret).toString('base64'),
  ])

/** Tells of the steps of a scenario from now on. */
export function tellSteps(timeline: Timeline, steps: Steps): void {
  const told = ({ n, depth, name, path, began }: Step) =>
    ({ t: began, lane: 'scenario', kind: 'step', text: name, data: { n, depth, name, path } }) as const
  steps.observe({
    stepBegan: (step) => {
      const entry = told(step)
      timeline.add({ ...entry, data: { ...entry.data, phase: 'begin' } })
    },
    stepEnded: (step) => {
      const entry = told(step)
      timeline.add({ ...entry, end: step.ended, data: { ...entry.data, status: step.status } })
    },
  })
}

/** Tells what a scenario failed of, as soon as that is known. Nothing when it passed. */
export function tellErrors(timeline: Timeline, { result }: Pick<RunnerTask, 'result'>): void {
  if (result?.state !== 'fail') return
  for (const error of result.errors ?? []) {
    const { code, class: errorClass } = error as Partial<StackrigError>
    timeline.add({
      ...{ lane: 'scenario', kind: 'error', text: error.message.split('\n', 1).join('') },
      data: { message: error.message, ...(code && { code }), ...(errorClass && { class: errorClass }) },
    })
  }
}

/** Tells how a scenario ended. Of one that passed nothing is kept, unless all is; the others have a trace for Perfetto, too. */
export async function tellOutcome(
  timeline: TimelineFile,
  task: RunnerTestCase,
  topology: Topology,
): Promise<void> {
  const status = task.result?.state === 'fail' ? 'failed' : 'passed'
  const data = { file: task.file.name, name: task.fullTestName, topology: topology.name, status } as const
  timeline.add({ lane: 'scenario', kind: 'test', text: `${task.fullTestName} ${status}`, data })
  timeline.close()
  if (status === 'failed' || runOptions().keep) await writeTrace(timeline.path).catch(() => undefined)
  else await rm(timeline.path, { force: true })
}

async function writeTrace(path: string): Promise<void> {
  const { entries, unfinished } = await readTimeline(path)
  await writeFile(join(dirname(path), 'timeline.json'), chromeTrace(entries, unfinished), { mode: 0o600 })
}

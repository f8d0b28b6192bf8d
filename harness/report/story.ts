import { humanDuration } from '../duration.js'
import { forPeople, lineForPeople } from '../errors/index.js'
import {
  readTimeline,
  type EntryOfKind,
  type Finding,
  type Observation,
  type ReadTimeline,
} from '../timeline/index.js'
import type { Failure, Story } from './run.js'

/** Of what a wait saw, the last are told. */
const lastSeen = 3

/**
 * What a timeline tells of a failure: what the diagnosis found, what was wanted, and what was there instead. Nothing of the
 * last two when the failure was no wait's.
 */
export async function readStory(path: string, failures: readonly Failure[]): Promise<Story | undefined> {
  const timeline = await readTimeline(path).catch(() => undefined)
  return timeline && storyOf(timeline, failures)
}

/** The same of a timeline that was read. */
export function storyOf(timeline: ReadTimeline, failures: readonly Failure[]): Story {
  const findings = timeline.entries.flatMap((entry) => (entry.kind === 'finding' ? [entry] : []))
  const wait = failedWait(timeline, failures[0]?.message ?? '')
  const unseen = timeline.entries.flatMap((entry) => textsIn(entry.kind === 'note' && entry.data?.unseen))
  return {
    findings: findings.map(({ text, data = {} }) => findingOf(text, data)),
    ...(unseen.length > 0 && { unseen }),
    ...(wait && waitStory(wait, timeline)),
  }
}

function findingOf(what: string, { where, since, proof, explains, mends }: Record<string, unknown>): Finding {
  return {
    what,
    where: typeof where === 'string' ? lineForPeople(where) : '',
    ...(typeof since === 'number' && { since }),
    proof: textsIn(proof),
    explains: textsIn(explains),
    ...(typeof mends === 'string' && { mends: lineForPeople(mends) }),
  }
}

/** The wait that a failure speaks of; of one that only ran out of time, what was waited for then. */
function failedWait({ entries, unfinished }: ReadTimeline, message: string): EntryOfKind<'wait'> | undefined {
  const all = [...entries, ...unfinished]
  const waits = all.flatMap((entry) =>
    entry.kind === 'wait' && entry.data?.status !== 'passed' ? [entry] : [],
  )
  const named = waits.findLast(({ data }) => data && message.includes(firstLine(data.wanted)))
  return named ?? (/timed out in \d+ ?ms/i.test(message) ? waits.at(-1) : undefined)
}

function waitStory(
  { t, end, data }: EntryOfKind<'wait'>,
  { entries }: ReadTimeline,
): Pick<Story, 'wanted' | 'seen'> {
  const over = end ?? Math.max(t, ...entries.slice(-1).map((entry) => entry.t))
  return {
    wanted: `${lineForPeople(firstLine(data?.wanted ?? ''))}, within ${humanDuration(over - t)}`,
    seen: seenOf(data?.observations ?? [], over),
  }
}

/** `BUILD for 71 s, then ERROR for 0.20 s` */
function seenOf(observations: readonly Observation[], over: number): string {
  const told = observations.slice(-lastSeen).map(({ t, text }, index, last) => {
    const until = last[index + 1]?.t ?? over
    return `${lineForPeople(firstLine(text))} for ${humanDuration(until - t)}`
  })
  return told.join(', then ') || 'nothing'
}

const firstLine = (text: string): string => text.trim().split('\n', 1).join('')

const textsIn = (value: unknown): string[] =>
  Array.isArray(value) ? value.flatMap((one) => (typeof one === 'string' ? [forPeople(one)] : [])) : []

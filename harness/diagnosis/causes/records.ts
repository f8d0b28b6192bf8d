import type { Difference } from '../differences.js'
import { toldKinds } from '../facts/read.js'
import type { Suspicion } from '../finding.js'
import type { Context } from './context.js'
import { proofOf } from './network.js'

/** What may be new without harm: most of it is what users make. */
const harmfulWhenNew =
  /^(default )?(quota|trigger|message broker event|(waits for|holds) a lock|database setting|server setting|trait|cell|limit of)|^(message|database) (broker|server)$/

/** What the contract's own commands tell: databases, the message broker, what an operator has decided. */
export function records(difference: Difference, context: Context): Suspicion | undefined {
  const { kind, subject, before, now } = difference
  if (context.now.get(toldKinds, kind) === undefined && context.before.get(toldKinds, kind) === undefined)
    return undefined
  if (before === undefined && !harmfulWhenNew.test(kind)) return undefined
  if (harmless(difference)) return undefined
  const { needs, node } = context
  const parts = Object.entries(needs.parts).filter(
    ([, { facts }]) => facts !== undefined && new RegExp(facts).test(`${kind} ${subject}`),
  )
  if (parts.length === 0) return undefined
  const host = / on (\S+)$/.exec(subject)?.[1] ?? subject.split(' ')[0] ?? ''
  const breaks = parts.flatMap(([part]) => {
    const nodes = needs.nodesOf(part)
    const there = nodes.filter((name) => name === host)
    return (there.length > 0 ? there : nodes).map((on) => `part ${part}@${on}`)
  })
  // What a service notes of itself is a report.
  const isReport =
    kind === 'waits for a lock' || /AUTO:/.test(now ?? '') || / alarm (set|cleared)/.test(subject)
  return {
    tier: isReport ? 'reported' : 'changed',
    what: inWords(difference),
    where:
      /^(message|database|server|table|trigger|schema|columns|constraint|connections|waits|holds|membership)/.test(
        kind,
      )
        ? node
        : 'cloud',
    proof: proofOf({ ...difference, node: 'cloud' }),
    breaks,
    words: subject.split(' ').filter((word) => word.length > 3),
    mends: before === undefined ? `remove it` : `make it again what it was: ${before}`,
  }
}

function inWords({ kind, subject, before, now }: Difference): string {
  if (kind === 'message broker event') return `the message broker has noted: ${subject}`
  if (before === undefined)
    return `there is a ${kind} that the golden snapshot has not: ${subject}${now === 'present' ? '' : ` ${now}`}`
  if (now === undefined) return `the ${kind} is gone: ${subject}${before === 'present' ? '' : ` (${before})`}`
  return `the ${kind} of "${subject}" is ${now || 'empty'}; in the golden snapshot ${before || 'empty'}`
}

/** Quotas that were raised, counts that go up and down, and what work leaves. */
function harmless({ kind, before, now }: Difference): boolean {
  if (/quota|limit of Keystone/.test(kind) && now !== undefined) {
    const [limit, was] = [Number(now), Number(before ?? 'NaN')]
    if (limit === -1) return true
    return before !== undefined && was !== -1 && limit >= was
  }
  if (/quota/.test(kind)) return true
  if (kind === 'connections to the database')
    return !(Number(now) > 3 * Number(before ?? 0) && Number(now) > 60)
  return false
}

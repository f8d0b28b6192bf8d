import { files } from './causes/files.js'
import { hide, type Context } from './causes/context.js'
import { clock, kernel } from './causes/kernel.js'
import { network, virtualSwitch } from './causes/network.js'
import { packetFilter } from './causes/packet-filter.js'
import { processes } from './causes/processes.js'
import { records } from './causes/records.js'
import { mounts, room } from './causes/room.js'
import { services } from './causes/services.js'
import type { Difference } from './differences.js'
import type { Suspicion } from './finding.js'

type Cause = (difference: Difference, context: Context) => Suspicion | undefined

/** What understands the differences of a kind. */
const causes: Record<string, Cause> = {
  rule: packetFilter,
  policy: packetFilter,
  ...of(network, 'link', 'address', 'route', 'routing rule', 'neighbour', 'queue', 'resolves', 'host name'),
  ...of(virtualSwitch, 'bridge', 'port', 'switch setting', 'flows', 'flow'),
  ...of(files, 'content', 'rights', 'device', 'leads to', 'size', 'unchangeable'),
  ...of(services, 'unit', 'property', 'control group'),
  ...of(mounts, 'mount', 'volume group', 'volume room'),
  ...of(kernel, 'setting', 'module'),
}

function of(cause: Cause, ...kinds: string[]): Record<string, Cause> {
  return Object.fromEntries(kinds.map((kind) => [kind, cause]))
}

/** Of so many differences of one kind on one node one finding is made: a folder that was removed has many files. */
const many = 8

/** What the differences of a node, and what is so of it now, may have broken. */
export function suspect(differences: readonly Difference[], context: Context): Suspicion[] {
  const found = differences.flatMap((difference) => {
    const suspicion = (causes[difference.kind] ?? records)(difference, context)
    return suspicion ? [{ kind: difference.kind, suspicion }] : []
  })
  const kinds = new Map<string, Suspicion[]>()
  for (const { kind, suspicion } of found) kinds.set(kind, [...(kinds.get(kind) ?? []), suspicion])
  const told = [...kinds].flatMap(([kind, suspicions]) => {
    return suspicions.length > many ? [together(kind, suspicions)] : suspicions
  })
  return [...told, ...processes(context), ...room(context), ...clock(context)].map((one) =>
    hide(context.topology, one),
  )
}

function together(kind: string, some: readonly Suspicion[]): Suspicion {
  const [first] = some
  if (!first) throw new TypeError('there must be one')
  const times = some.flatMap(({ since }) => (since === undefined ? [] : [since]))
  return {
    ...first,
    what: `${first.what} (and ${some.length - 1} more differences of ${kind})`,
    ...(times.length > 0 ? { since: Math.min(...times) } : {}),
    proof: some.flatMap(({ proof }) => proof.slice(-1)).slice(0, 10),
    breaks: [...new Set(some.flatMap(({ breaks }) => breaks))],
    words: [...new Set(some.flatMap(({ words }) => words))].slice(0, 40),
  }
}

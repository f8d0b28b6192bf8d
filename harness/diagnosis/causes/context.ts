import type { Topology } from '../../cluster/index.js'
import { passwordsOf, withoutPasswords } from '../../cluster/index.js'
import type { Facts } from '../facts/facts.js'
import type { Suspicion } from '../finding.js'
import type { Needs } from '../needs.js'

/** What a cause is looked for with, on one node. */
export interface Context {
  topology: Topology
  needs: Needs
  node: string
  /** What was so when all was well; empty where that is not known. */
  before: Facts
  now: Facts
  /** The host's time for a node's, which is in seconds; ms since 1970. */
  hostTime: (seconds: number) => number
  /** Between these the clock of the node should be, seconds since 1970. */
  expectedClock: { from: number; to: number }
}

/** The node that has an address, or a network with it. */
export function nodeOfAddress({ topology }: Context, address: string): string | undefined {
  const bare = address.replace(/\/32$/, '')
  return topology.nodes.find((node) => node.address === bare)?.name
}

/** The parts of this node that a path belongs to, or that lie below it. */
export function partsOfPath({ needs, node }: Context, path: string): string[] {
  return needs
    .partsOn(node)
    .filter((part) =>
      (needs.parts[part]?.paths ?? []).some(
        (own) =>
          path === own || path.startsWith(`${own}/`) || own.startsWith(`${path}/`) || isOwnProgram(path, own),
      ),
    )
}

const isOwnProgram = (path: string, own: string): boolean =>
  /^\/(usr\/bin|dev)\//.test(own) && path.startsWith(own)

export const broken = (parts: readonly string[], node: string): string[] =>
  parts.map((part) => `part ${part}@${node}`)

/** When a file was last changed: its content, its owner, or its rights. */
export function changedAt({ now, hostTime }: Context, path: string): { since?: number } {
  const seconds = Number(now.get('changed', path))
  return seconds > 0 ? { since: hostTime(seconds) } : {}
}

/** Texts for people without passwords that only this topology has. */
export function hide<T extends Suspicion>(topology: Topology, suspicion: T): T {
  if (!topology.passwords && passwordsOf(topology).service === '') return suspicion
  const hidden = (text: string): string => withoutPasswords(topology, text)
  return { ...suspicion, what: hidden(suspicion.what), proof: suspicion.proof.map(hidden) }
}

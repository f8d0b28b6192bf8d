import type { TestContext } from 'vitest'
import { namesOf, type Cluster, type RunningNode, type Topology } from '../cluster/index.js'

type Digit = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9

/**
 * The nodes of a topology as fixtures of their own names: those that can be written between braces as they are, and that
 * neither vitest's nor stackrig's fixtures have. `nodes` has them all.
 */
export type NodeFixtures<Name extends string, Taken> = string extends Name
  ? // Whose names only the running program knows.
    unknown
  : Record<
      Exclude<Name, keyof TestContext | Taken | `${string}-${string}` | `${Digit}${string}`>,
      RunningNode
    >

/** What vitest gives every test (`TestContext`, https://vitest.dev/guide/test-context). */
export const fixturesOfVitest: readonly string[] = [
  ...['task', 'expect', 'skip', 'annotate', 'signal', 'onTestFailed', 'onTestFinished'],
]

/** A `Record` of all nodes by name; an all-in-one also has the names of the nodes that it stands for. */
export function nodesByName<Name extends string>(cluster: Cluster<Name>): Record<Name, RunningNode> {
  const names = cluster.topology.nodes.flatMap(namesOf) as Name[]
  return Object.fromEntries(names.map((name) => [name, cluster.node(name)])) as Record<Name, RunningNode>
}

/** The names that are fixtures besides; as `NodeFixtures` has it. */
export function fixtureNames(topology: Topology, taken: readonly string[]): string[] {
  return topology.nodes
    .flatMap(namesOf)
    .filter((name) => /^[a-z][a-z0-9]*$/.test(name) && ![...fixturesOfVitest, ...taken].includes(name))
}

import {
  describeService,
  downServices,
  planProvision,
  withoutPasswords,
  type Cluster,
  type ChangedFile,
} from '../cluster/index.js'
import type { Symptom } from '../contract/index.js'
import type { Suspicion } from './finding.js'
import type { Needs } from './needs.js'

/** Where no golden snapshot tells how it was: services that do not run, and files that are not as the topology wants them. */
export async function looks(cluster: Cluster, needs: Needs): Promise<Suspicion[]> {
  const found = await Promise.all([stopped(cluster, needs), edited(cluster), names(cluster)])
  return found.flat()
}

async function stopped(cluster: Cluster, needs: Needs): Promise<Suspicion[]> {
  return Promise.all(
    (await downServices(cluster)).map(async ({ node, service, state }): Promise<Suspicion> => {
      const words = await describeService(cluster.node(node), service)
      const breaks = needs.partsOfService(service).map((part) => `part ${part}@${node}`)
      return {
        tier: 'stopped',
        what: `${service} on ${node} is ${state}`,
        where: node,
        proof: words.split('\n'),
        breaks,
        words: [service],
      }
    }),
  )
}

async function edited(cluster: Cluster): Promise<Suspicion[]> {
  return (await planProvision(cluster)).map((change) => ({
    tier: 'changed',
    what: withoutPasswords(cluster.topology, describeChange(change)),
    where: change.node,
    proof: [],
    breaks: [`node ${change.node}`],
    words: [change.file],
    mends: 'provision(cluster) writes it anew',
  }))
}

/** The lines that provisioning would replace, and by what. */
function describeChange({ node, file, before, after }: ChangedFile): string {
  const [had, wanted] = [before.split('\n'), after.split('\n')]
  const only = (lines: string[], others: string[]): string =>
    lines
      .filter((line) => !others.includes(line))
      .map((line) => `"${line}"`)
      .join(', ') || 'nothing'
  return `${file} on ${node} has ${only(had, wanted)}; the topology wants ${only(wanted, had)}`
}

/** Names as the kernels have them: what agents call themselves by. */
async function names(cluster: Cluster): Promise<Suspicion[]> {
  const told = await Promise.all(
    cluster.nodes.filter((node) => node.isOn).map(async (node) => ({ node, name: await node.run`hostname` })),
  )
  return told
    .filter(({ node, name }) => name !== node.plan.hostName)
    .map(({ node, name }) => ({
      tier: 'changed',
      what: `${node.name} calls itself "${name}"; the topology calls it "${node.plan.hostName}"`,
      where: node.name,
      proof: [`on ${node.name}: hostname says ${name}`],
      breaks: [`node ${node.name}`, `network ${node.name}`],
      words: [name],
      mends: `hostname ${node.plan.hostName}`,
    }))
}

/** What a line of a log means that is known to stand there when something is wrong. */
export function knownLine(
  { command, means }: Symptom,
  { node, needs, proof }: { node: string; needs: Needs; proof: string[] },
): Suspicion {
  const isSpokenOf = (part: string): boolean =>
    means.toLowerCase().includes(part) ||
    (needs.parts[part]?.services ?? []).some((service) => command.includes(service.split('-')[0] ?? service))
  const parts = needs.partsOn(node).filter(isSpokenOf)
  return {
    tier: 'stopped',
    what: `${node}: ${means.replace(/\.$/, '')}`,
    where: node,
    proof,
    breaks: parts.length > 0 ? parts.map((part) => `part ${part}@${node}`) : [`node ${node}`],
    words: [],
  }
}

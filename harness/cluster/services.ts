import { StackrigError } from '../errors/index.js'
import type { Cluster } from './cluster.js'
import { initWords } from './init-words.js'
import type { RunningNode } from './node.js'

/** A service as its node's init system sees it. */
export interface ServiceState {
  node: string
  service: string
  /** systemd's words: `active`, `activating`, `failed`, …; elsewhere `active`, `activating` or `inactive`. */
  state: string
}

/** The state of services of a node, in the same order, in the words of `ServiceState`. */
export async function statesOf(node: RunningNode, services: readonly string[]): Promise<string[]> {
  const { stdout } = await node.execute(initWords[node.contract.init].states(services))
  return stdout.toString().trim().split('\n')
}

/** The state of every service that the contract promises on a node. */
export async function serviceStates(node: RunningNode): Promise<ServiceState[]> {
  const services = node.contract.roles[node.plan.role]?.services ?? []
  if (services.length === 0) return []
  const states = await statesOf(node, services)
  return services.map((service, index) => ({ node: node.name, service, state: states[index] ?? 'unknown' }))
}

/** The promised services that do not run, of every node that is on. */
export async function downServices(cluster: Cluster): Promise<ServiceState[]> {
  const nodes = cluster.nodes.filter((node) => node.isOn)
  const states = await Promise.all(nodes.map((node) => serviceStates(node)))
  return states.flat().filter(({ state }) => state !== 'active')
}

/**
 * Makes sure that every promised service runs on every node that is on.
 * @throws StackrigError SERVICE_DOWN with the name, the state and the last log lines of each that does not.
 */
export async function requireServices(cluster: Cluster): Promise<void> {
  const down = await downServices(cluster)
  if (down.length === 0) return
  throw new StackrigError('SERVICE_DOWN', 'every service of the contract must run', {
    where: down.map(({ node, service }) => `${service} on ${node}`).join(', '),
    seen: (
      await Promise.all(
        down.map(
          async ({ node, service, state }) =>
            `${service} is ${state}: ${await describeService(cluster.node(node), service)}`,
        ),
      )
    ).join('\n'),
  })
}

/** A service's last log lines, for messages. */
export async function describeService(node: RunningNode, service: string): Promise<string> {
  return `the last words of ${service} on ${node.name}:\n${(await node.serviceLog(service)) || 'none'}`
}

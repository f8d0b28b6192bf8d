import type { Contract } from '../contract/index.js'
import { StackrigError } from '../errors.js'
import type { Cluster } from './cluster.js'
import type { RunningNode } from './node.js'

/** A service as its node's init system sees it. */
export interface ServiceState {
  node: string
  service: string
  /** systemd's words: `active`, `activating`, `failed`, …; elsewhere `active` or `inactive`. */
  state: string
}

/** What an init system is asked: one line with the state of each service, and a service's last log lines. */
const questions: Record<
  Contract['init'],
  { states: (services: readonly string[]) => string; log: (service: string) => string }
> = {
  systemd: {
    states: (services) => `systemctl is-active ${services.join(' ')}`,
    log: (service) => `journalctl --no-pager --output=cat --unit=${service} --lines=12`,
  },
  // Busybox's init knows no services: a service is a program that runs, and syslogd(8) notes what it says.
  busybox: {
    states: (services) =>
      services.map((service) => `pidof ${service} >/dev/null && echo active || echo inactive`).join('; '),
    log: (service) => `grep -F ${service} /var/log/messages | tail -n 12`,
  },
}

/** The state of every service that the contract promises on a node. */
export async function serviceStates(node: RunningNode, cluster: Cluster): Promise<ServiceState[]> {
  const services = cluster.topology.contract.roles[node.plan.role]?.services ?? []
  if (services.length === 0) return []
  const { stdout } = await node.execute(questions[cluster.topology.contract.init].states(services))
  const states = stdout.toString().trim().split('\n')
  return services.map((service, index) => ({ node: node.name, service, state: states[index] ?? 'unknown' }))
}

/**
 * Makes sure that every promised service runs on every node.
 * @throws StackrigError SERVICE_DOWN with the name, the state and the last log lines of each that does not.
 */
export async function requireServices(cluster: Cluster): Promise<void> {
  const states = await Promise.all(cluster.nodes.map((node) => serviceStates(node, cluster)))
  const down = states.flat().filter(({ state }) => state !== 'active')
  if (down.length === 0) return
  throw new StackrigError('SERVICE_DOWN', 'every service of the contract must run', {
    where: down.map(({ node, service }) => `${service} on ${node}`).join(', '),
    seen: (await Promise.all(down.map((entry) => describeService(cluster, entry)))).join('\n'),
  })
}

/** A service's state and last log lines, for messages. */
async function describeService(cluster: Cluster, { node, service, state }: ServiceState): Promise<string> {
  const { stdout } = await cluster.node(node).execute(questions[cluster.topology.contract.init].log(service))
  return `${service} on ${node} is ${state}\n${stdout.toString().trimEnd()}`
}

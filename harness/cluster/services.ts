import type { Contract } from '../contract/index.js'
import { StackrigError } from '../errors.js'
import type { Cluster } from './cluster.js'
import type { RunningNode } from './node.js'

/** A service as its node's init system sees it. */
export interface ServiceState {
  node: string
  service: string
  /** systemd's words: `active`, `activating`, `failed`, …; elsewhere `active`, `activating` or `inactive`. */
  state: string
}

/** Shell commands in the words of an init system. */
interface InitWords {
  /** Prints one line with the state of each service. */
  states: (services: readonly string[]) => string
  /** Prints a service's last log lines. */
  log: (service: string) => string
  restart: (services: readonly string[]) => string
}

const initWords: Record<Contract['init'], InitWords> = {
  systemd: {
    states: (services) => `systemctl is-active ${services.join(' ')}`,
    log: (service) => `journalctl --no-pager --output=cat --unit=${service} --lines=12`,
    restart: (services) => `systemctl restart ${services.join(' ')}`,
  },
  // Init scripts as the Linux Standard Base has them: `status` exits 0 when the service runs, 3 when it does not, and 4
  // when that cannot be said, as while it starts.
  sysv: {
    states: (services) =>
      services
        .map(
          (service) =>
            `service ${service} status >/dev/null 2>&1; ` +
            'case $? in 0) echo active ;; 4) echo activating ;; *) echo inactive ;; esac',
        )
        .join('; '),
    log: (service) => `tail -q -n 12 /var/log/${service}/*.log /var/log/*/${service}.log 2>/dev/null`,
    restart: (services) => services.map((service) => `service ${service} restart`).join(' && '),
  },
  // Busybox's init knows no services: a service is a program that runs, and syslogd(8) notes what it says.
  busybox: {
    states: (services) =>
      services.map((service) => `pidof ${service} >/dev/null && echo active || echo inactive`).join('; '),
    log: (service) => `grep -F ${service} /var/log/messages | tail -n 12`,
    restart: (services) => `killall ${services.join(' ')}`,
  },
}

/** Restarts services of a node. @throws StackrigError COMMAND_FAILED, WAIT_TIMEOUT after 10 min. */
export async function restartServices(
  node: RunningNode,
  contract: Contract,
  services: readonly string[],
): Promise<void> {
  await node.runWithin('10min')`sh -c ${initWords[contract.init].restart(services)}`
}

/** The state of services of a node, in the same order, in the words of `ServiceState`. */
export async function statesOf(
  node: RunningNode,
  contract: Contract,
  services: readonly string[],
): Promise<string[]> {
  const { stdout } = await node.execute(initWords[contract.init].states(services))
  return stdout.toString().trim().split('\n')
}

/** The state of every service that the contract promises on a node. */
export async function serviceStates(node: RunningNode, cluster: Cluster): Promise<ServiceState[]> {
  const services = cluster.topology.contract.roles[node.plan.role]?.services ?? []
  if (services.length === 0) return []
  const states = await statesOf(node, cluster.topology.contract, services)
  return services.map((service, index) => ({ node: node.name, service, state: states[index] ?? 'unknown' }))
}

/** The promised services that do not run, of every node that is on. */
export async function downServices(cluster: Cluster): Promise<ServiceState[]> {
  const nodes = cluster.nodes.filter((node) => node.isOn)
  const states = await Promise.all(nodes.map((node) => serviceStates(node, cluster)))
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
            `${service} is ${state}: ${await describeService(cluster, cluster.node(node), service)}`,
        ),
      )
    ).join('\n'),
  })
}

/** A service's last log lines, for messages. */
export async function describeService(cluster: Cluster, node: RunningNode, service: string): Promise<string> {
  const { stdout } = await node.execute(initWords[cluster.topology.contract.init].log(service))
  return `the last words of ${service} on ${node.name}:\n${stdout.toString().trimEnd() || 'none'}`
}

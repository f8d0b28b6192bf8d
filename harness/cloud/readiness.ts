import { requireServices, type Cluster } from '../cluster/index.js'
import { humanDuration } from '../duration.js'
import type { Cloud } from '../openstack/index.js'
import { waitFor, type Seen } from '../waits/index.js'
import { cloudOf } from './cloud-of.js'

// A first boot under TCG, with three nodes on two processors, takes minutes.
const deadline = '25min'

type Check = () => Promise<Seen<unknown>>

/**
 * A cloud is ready when every API answers an authenticated call, every agent of Nova, Neutron and Cinder reports alive
 * from the controller's point of view, every compute host is mapped into its cell, and every service runs.
 */
export async function proveCloud(cluster: Cluster, onProgress: (what: string) => void): Promise<void> {
  const { cloud: door } = cluster.topology.contract
  if (!door) return
  using cloud = cloudOf(cluster)
  const started = Date.now()
  const diagnose = (): Promise<string> =>
    requireServices(cluster).then(() => 'all services are active', String)
  const wait = async (what: string, check: Check): Promise<void> => {
    await waitFor(what, check, { deadline, every: '2s', signal: cluster.signal, diagnose })
    onProgress(`${what}: ${humanDuration(Date.now() - started)}`)
  }
  // Whoever asks before Keystone is up only makes it slower.
  await wait('Keystone', () => answered(cloud.keystone.issueToken()))
  await Promise.all(Object.entries(apiChecks(cloud)).map(([what, check]) => wait(what, check)))
  await Promise.all(Object.entries(agentChecks(cloud, cluster)).map(([what, check]) => wait(what, check)))
  await wait('Horizon', () => horizonAnswers(cluster, door.horizonUrl))
  await requireServices(cluster)
}

async function answered(call: Promise<unknown>): Promise<Seen<unknown>> {
  return { done: true, value: await call }
}

function apiChecks(cloud: Cloud): Record<string, Check> {
  return {
    Glance: () => answered(cloud.glance.list()),
    Placement: () => answered(cloud.placement.resourceProviders()),
    Nova: () => answered(cloud.nova.flavors()),
    Neutron: () => answered(cloud.neutron.networks()),
    Cinder: () => answered(cloud.cinder.services()),
    Swift: () => answered(cloud.swift.account()),
  }
}

function agentChecks(cloud: Cloud, cluster: Cluster): Record<string, Check> {
  const hosts = (role: string): string[] =>
    cluster.topology.nodes.filter((node) => node.role === role).map((node) => node.hostName)
  const novaServices = [
    ...hosts('controller').flatMap((host) => [`nova-scheduler on ${host}`, `nova-conductor on ${host}`]),
    ...hosts('compute').map((host) => `nova-compute on ${host}`),
  ]
  const agents = [
    ...[...hosts('compute'), ...hosts('network')].map((host) => `neutron-openvswitch-agent on ${host}`),
    ...hosts('network').flatMap((host) =>
      ['neutron-dhcp-agent', 'neutron-l3-agent', 'neutron-metadata-agent'].map(
        (agent) => `${agent} on ${host}`,
      ),
    ),
  ]
  return {
    'services of Nova': async () => {
      const services = await cloud.nova.services()
      return missing(
        novaServices,
        services.filter(({ state }) => state === 'up').map(({ binary, host }) => `${binary} on ${host}`),
      )
    },
    'agents of Neutron': async () => {
      const alive = (await cloud.neutron.agents()).filter((agent) => agent.alive)
      return missing(
        agents,
        alive.map(({ binary, host }) => `${binary} on ${host}`),
      )
    },
    'services of Cinder': async () => {
      const services = await cloud.cinder.services()
      return missing(
        ['cinder-scheduler', 'cinder-volume'],
        services.filter(({ state }) => state === 'up').map(({ binary }) => binary),
      )
    },
    'compute hosts in a cell': async () => {
      const hypervisors = await cloud.nova.hypervisors()
      return missing(
        hosts('compute'),
        hypervisors.map(({ hostname }) => hostname),
      )
    },
  }
}

function missing(wanted: string[], present: string[]): Seen<unknown> {
  const absent = wanted.filter((name) => !present.includes(name))
  return absent.length === 0
    ? { done: true, value: present }
    : { done: false, seen: `not there: ${absent.join(', ')}` }
}

/** The first page is slow: Apache starts Django for it. Scenarios find it warm. */
async function horizonAnswers(cluster: Cluster, url: string): Promise<Seen<unknown>> {
  const controller = cluster.nodes.find((node) => node.plan.role === 'controller')
  if (!controller) return { done: true, value: undefined }
  const result = await controller.execute(`curl -fsS -o /dev/null -m 110 ${url}/auth/login/`)
  return result.exitCode === 0
    ? { done: true, value: undefined }
    : { done: false, seen: result.stderr.toString() }
}

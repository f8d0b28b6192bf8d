import {
  cloudAccess,
  describeService,
  playsRole,
  requireServices,
  statesOf,
  type Cluster,
} from '../cluster/index.js'
import { humanDuration, type Duration } from '../duration.js'
import type { Cloud } from '../openstack/index.js'
import { waitFor, type Seen } from '../waits/index.js'
import { cloudOf } from './cloud-of.js'

// A first boot under TCG, with three nodes on two processors, takes minutes.
const firstBoot = '25min'

/** Says what is not as it should be, one sentence or more each. */
export type Diagnose = (cluster: Cluster) => Promise<string[]>

type Probe = () => Promise<Seen<unknown>>

/** What a list of the cloud's must hold, as `agent on host`. */
interface WantedList {
  wanted: string[]
  present: () => Promise<string[]>
}

/**
 * A cloud is ready when every API answers an authenticated call, every agent of Nova, Neutron and Cinder reports alive
 * from the controller's point of view, every compute host is mapped into its cell, and every service runs. Nodes that
 * were switched off are not missed.
 * @param options.time-out for each of these steps; default 25 min, for a first boot without hardware virtualisation.
 * @throws StackrigError WAIT_TIMEOUT naming what is missing, with its log; SERVICE_DOWN
 */
export async function cloudReady(
  cluster: Cluster,
  options: {
    timeout?: Duration
    onProgress?: ((what: string) => void) | undefined
    diagnose?: Diagnose | undefined
  } = {},
): Promise<void> {
  if (!cluster.topology.contract.cloud) return
  const { horizonUrl, ports } = cloudAccess(cluster.topology)
  const { timeout = firstBoot, onProgress, diagnose = () => Promise.resolve([]) } = options
  using cloud = cloudOf(cluster)
  const started = Date.now()
  const found = (): Promise<string[]> => diagnose(cluster)
  const wait = async (what: string, probe: Probe, explanation = () => explain(found)): Promise<void> => {
    const { signal } = cluster
    await waitFor({ what, probe, signal }, { timeout, interval: '2s', diagnose: explanation })
    onProgress?.(`${what}: ${humanDuration(Date.now() - started)}`)
  }
  const { first, took } = await databasesMade(cluster)
  if (first) onProgress?.(`first boot: the databases are made, ${humanDuration(took)}`)
  // Whoever asks before Keystone is up only makes it slower.
  await wait('Keystone', () => answered(cloud.keystone.issueToken()))
  await Promise.all(Object.entries(apiProbes(cloud, ports)).map(([what, probe]) => wait(what, probe)))
  await allPresent(lists(cloud, cluster), wait, (absent) => describeAbsent(cluster, absent, found))
  await wait('Horizon', () => horizonAnswers(cluster, horizonUrl))
  await requireServices(cluster)
}

/** Waits for all lists together, so that a failure names everything that is missing. */
async function allPresent(
  lists: Record<string, WantedList>,
  wait: (what: string, probe: Probe, explanation: () => Promise<string>) => Promise<void>,
  describe: (absent: string[]) => Promise<string>,
): Promise<void> {
  let absent: string[] = []
  const probe = async (): Promise<Seen<unknown>> => {
    const missing = Object.values(lists).map(async ({ wanted, present }) => {
      const there = await present()
      return wanted.filter((name) => !there.includes(name))
    })
    absent = [...new Set((await Promise.all(missing)).flat())]
    return absent.length === 0
      ? { done: true, value: undefined }
      : { done: false, seen: `not there: ${absent.join(', ')}` }
  }
  await wait(Object.keys(lists).join(', '), probe, () => describe(absent))
}

/** On its first boot a controller makes its databases before anything else can work: that boot is given more time. */
async function databasesMade(cluster: Cluster): Promise<{ first: boolean; took: number }> {
  const { contract } = cluster.topology
  const controller = cluster.nodes.find(({ plan }) => playsRole(plan, 'controller'))
  const started = Date.now()
  if (!contract.firstBoot || !controller) return { first: false, took: 0 }
  const { service, timeout } = contract.firstBoot
  let first = false
  await waitFor(
    {
      what: `the first boot of ${controller.name} to make its databases`,
      probe: async () => {
        const [state = 'unknown'] = await statesOf(controller, [service])
        first ||= state === 'activating'
        return state === 'activating'
          ? { done: false, seen: `${service} is at work` }
          : { done: true, value: state }
      },
    },
    {
      timeout,
      interval: '2s',
      signal: cluster.signal,
      diagnose: () => describeService(controller, service),
    },
  )
  return { first, took: Date.now() - started }
}

async function explain(diagnose: () => Promise<string[]>): Promise<string> {
  const found = await diagnose()
  return found.join('\n') || 'all services are active, and all files are as the topology wants them'
}

/** What the logs of those say that should have come, and what else is wrong. */
async function describeAbsent(
  cluster: Cluster,
  absent: string[],
  diagnose: () => Promise<string[]>,
): Promise<string> {
  const found = await diagnose()
  // The diagnosis has the log of a service that does not run.
  const silent = absent.filter((name) => !found.some((line) => line.startsWith(`${name} is `)))
  const logs = silent.map(async (name) => {
    const [service = '', host] = name.split(' on ')
    const node = cluster.nodes.find(({ plan }) => plan.hostName === host)
    return node ? describeService(node, service) : `${name}: there is no such node`
  })
  return [...(await Promise.all(logs)), ...found].join('\n')
}

async function answered(call: Promise<unknown>): Promise<Seen<unknown>> {
  return { done: true, value: await call }
}

/** Every cloud has these services but for two: the contract says where. */
function apiProbes(cloud: Cloud, ports: Readonly<Record<string, number>>): Record<string, Probe> {
  return {
    Glance: () => answered(cloud.glance.list()),
    ...('placement' in ports && { Placement: () => answered(cloud.placement.resourceProviders()) }),
    Nova: () => answered(cloud.nova.flavors()),
    Neutron: () => answered(cloud.neutron.networks()),
    Cinder: () => answered(cloud.cinder.services()),
    ...('object-store' in ports && { Swift: () => answered(cloud.swift.account()) }),
  }
}

function lists(cloud: Cloud, cluster: Cluster): Record<string, WantedList> {
  const { roles } = cluster.topology.contract
  /** The services with such a name that the contract promises on nodes that are on. */
  const promised = (name: RegExp): string[] =>
    cluster.nodes
      .filter((node) => node.isOn)
      .flatMap(({ plan: { role, hostName } }) =>
        (roles[role]?.services ?? [])
          .filter((service) => name.test(service))
          .map((service) => `${service} on ${hostName}`),
      )
  return {
    'services of Nova': {
      wanted: promised(/^nova-(scheduler|conductor|compute)$/),
      present: async () => onHosts((await cloud.nova.services()).filter(({ state }) => state === 'up')),
    },
    'agents of Neutron': {
      wanted: promised(/^(neutron|quantum)-.*agent$/),
      present: async () => onHosts((await cloud.neutron.agents()).filter(({ alive }) => alive)),
    },
    'services of Cinder': {
      wanted: promised(/^cinder-(scheduler|volume)$/),
      present: async () => {
        const up = (await cloud.cinder.services()).filter(({ state }) => state === 'up')
        // A volume service runs for each backend: its host is `host@backend`.
        return onHosts(up.map(({ binary, host }) => ({ binary, host: host.replace(/@.*/, '') })))
      },
    },
    'compute hosts in a cell': {
      wanted: promised(/^nova-compute$/),
      present: async () =>
        onHosts(
          (await cloud.nova.hypervisors()).map(({ hostname: host }) => ({ binary: 'nova-compute', host })),
        ),
    },
  }
}

function onHosts(agents: { binary: string; host: string }[]): string[] {
  return agents.map(({ binary, host }) => `${binary} on ${host}`)
}

/** The first page is slow: Apache starts Django for it. Scenarios find it warm. */
async function horizonAnswers(cluster: Cluster, url: string): Promise<Seen<unknown>> {
  const controller = cluster.nodes.find(({ plan }) => playsRole(plan, 'controller'))
  if (!controller) return { done: true, value: undefined }
  const result = await controller.execute(`curl -fsS -o /dev/null -m 110 ${url}/auth/login/`)
  return result.exitCode === 0
    ? { done: true, value: undefined }
    : { done: false, seen: result.stderr.toString() }
}

import type { Topology } from '../cluster/index.js'
import type { Cloud } from '../openstack/index.js'
import { messageOf } from '../errors/index.js'
import type { Suspicion } from './finding.js'
import type { Needs } from './needs.js'

/** What the APIs of a cloud say of its state: who is down, what has failed. */
export interface Reports {
  suspicions: Suspicion[]
  /** What users of it got: texts of failed instances, volumes, ports. */
  failures: string[]
  /** What had no answer in time: nobody knows whether a machine is slow or a service is. */
  unanswered: string[]
}

const late = /ETIMEDOUT|Timeout awaiting|was given up/

/** Asks the APIs, all at once; one that does not answer is a finding. */
export async function askCloud(cloud: Cloud, topology: Topology, needs: Needs): Promise<Reports> {
  const suspicions: Suspicion[] = []
  const failures: string[] = []
  const report = (binary: string, host: string, what: string, words: string[] = []): void => {
    const node = topology.nodes.find(({ hostName }) => hostName === host.replace(/@.*/, ''))?.name ?? host
    const breaks = needs.partsOfService(binary).map((part) => `report ${part}@${node}`)
    suspicions.push({
      tier: 'reported',
      what,
      where: 'cloud',
      proof: [what],
      breaks,
      words: [binary, ...words],
    })
  }
  const questions: Record<string, () => Promise<void>> = {
    'compute API': async () => {
      for (const { binary, host, state, status, updated_at: updated } of await cloud.nova.services()) {
        if (state === 'down')
          report(
            binary,
            host,
            `${binary} on ${host} last reported at ${updated ?? 'no time'}: Nova thinks it is down`,
          )
        if (status === 'disabled')
          report(binary, host, `${binary} on ${host} is disabled in Nova`, ['No valid host'])
      }
    },
    'compute API ': async () => {
      for (const server of await cloud.nova.list({ all_tenants: 1 })) {
        if (server.failure !== undefined)
          failures.push(
            `server ${server.name} is ${server.status}: ${server.fault?.message ?? server.failure}\n${server.fault?.details ?? ''}`,
          )
        else if (server.status === 'BUILD')
          failures.push(
            `server ${server.name} is in BUILD, ${server.taskState ?? 'doing nothing'}, on ${server.host ?? 'no compute host'}`,
          )
      }
    },
    'network API': async () => {
      for (const { binary, host, alive, admin_state_up: adminUp } of await cloud.neutron.agents()) {
        if (!alive)
          report(binary, host, `${binary} on ${host} does not report any more: Neutron thinks it is dead`)
        if (!adminUp) report(binary, host, `${binary} on ${host} is switched off in Neutron`)
      }
    },
    'network API ': async () => {
      for (const port of await cloud.neutron.ports())
        if (port.failure !== undefined) failures.push(`port ${port.id} of network: ${port.failure}`)
    },
    'volume API': async () => {
      for (const { binary, host, state, status } of await cloud.cinder.services()) {
        if (state === 'down')
          report(binary, host, `${binary} on ${host} does not report any more: Cinder thinks it is down`)
        if (status === 'disabled') report(binary, host, `${binary} on ${host} is disabled in Cinder`)
      }
    },
    'volume API ': async () => {
      for (const volume of await cloud.cinder.volumes())
        if (volume.failure !== undefined) failures.push(`volume ${volume.name} is ${volume.status}`)
    },
    image: async () => {
      for (const image of await cloud.glance.list({}))
        if (image.status === 'queued' || image.status === 'killed')
          failures.push(`image ${image.name} is ${image.status}`)
    },
    placement: async () => {
      await cloud.placement.resourceProviders()
    },
  }
  const asked = await Promise.all(
    Object.entries(questions).map(async ([part, ask]) => {
      try {
        await ask()
        return undefined
      } catch (error) {
        return { part: part.trim(), said: messageOf(error) }
      }
    }),
  )
  const unanswered = new Set(
    asked.flatMap((one) => (one && late.test(one.said) ? [`the question to the ${one.part}`] : [])),
  )
  const refused = new Map(
    asked.flatMap((one) => (one && !late.test(one.said) ? [[one.part, one.said] as const] : [])),
  )
  for (const [part, said] of refused) {
    const nodes = needs.nodesOf(part)
    suspicions.push({
      tier: 'unreachable',
      what: `the ${part.includes('API') ? part : `API of the part ${part}`} does not do what it is asked: ${said.split('\n')[0]}`,
      where: 'cloud',
      proof: said.split('\n').slice(0, 4),
      breaks: nodes.map((node) => `report ${part}@${node}`),
      words: [],
    })
  }
  return { suspicions, failures, unanswered: [...unanswered] }
}

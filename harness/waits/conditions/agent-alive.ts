import type { Condition } from '../condition.js'

/** Neutron has agents, Nova and Cinder have services: both say what reports to them, and whether it does. */
export type Agents =
  | { agents(): Promise<readonly { binary: string; host: string; alive: boolean }[]> }
  | { services(): Promise<readonly { binary: string; host: string; state: string }[]> }

/**
 * All agents of that binary and that host (either may be left out) report to Neutron, Nova or Cinder; or, with `alive`
 * false, none of them does any more. Its value: `binary on host` of each. A service needs a minute or more to miss an agent.
 */
export function agentAlive(
  reports: Agents,
  which: { binary?: string; host?: string },
  alive = true,
): Condition<string[]> {
  const { binary, host } = which
  const name = `${binary ?? 'every agent'}${host === undefined ? '' : ` on ${host}`}`
  return {
    what: `${name} to be ${words(alive)}`,
    interval: '2s',
    async probe() {
      const all = await listOf(reports)
      const found = all.filter(
        (agent) => [undefined, agent.binary].includes(binary) && [undefined, agent.host].includes(host),
      )
      if (found.length === 0)
        return { done: false, seen: `there is none; there are ${all.map(nameOf).join(', ') || 'no others'}` }
      const wrong = found.filter((agent) => agent.alive !== alive)
      if (wrong.length === 0) return { done: true, value: found.map(nameOf) }
      return { done: false, seen: `${words(!alive)}: ${wrong.map(nameOf).join(', ')}` }
    },
  }
}

interface Report {
  binary: string
  host: string
  alive: boolean
}

async function listOf(reports: Agents): Promise<readonly Report[]> {
  if ('agents' in reports) return reports.agents()
  return (await reports.services()).map((service) => ({ ...service, alive: service.state === 'up' }))
}

const nameOf = ({ binary, host }: Report): string => `${binary} on ${host}`

const words = (alive: boolean): string => (alive ? 'alive' : 'missed')

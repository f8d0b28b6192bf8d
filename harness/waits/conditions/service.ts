import type { Condition } from '../condition.js'

/** What `service` has to know of a node. */
export interface ServiceNode {
  readonly name: string
  readonly signal?: AbortSignal
  /** In the words of systemd: `active`, `activating`, `inactive`, `failed`, … */
  serviceState(service: string, options: { timeout: number; signal: AbortSignal }): Promise<string>
  /** The last lines of its log. */
  serviceLog(service: string, options: { timeout: number; signal: AbortSignal }): Promise<string>
}

/**
 * The init system says that the service is in that state, default `active`. SERVICE_DOWN, with its last log lines, as soon as
 * it has failed for good: systemd starts it again as often as its unit says, and is `activating` until then.
 */
export function service(node: ServiceNode, name: string, state = 'active'): Condition<string> {
  return {
    what: `${name} on ${node.name} to be ${state}`,
    signal: node.signal,
    interval: '1s',
    async probe({ signal, timeLeft }) {
      const options = { timeout: timeLeft, signal }
      const now = await node.serviceState(name, options)
      if (now === state) return { done: true, value: now }
      if (now !== 'failed') return { done: false, seen: `${name} is ${now}` }
      const log = await node.serviceLog(name, options)
      return { impossible: `${name} is failed: ${log}`, code: 'SERVICE_DOWN' }
    },
  }
}

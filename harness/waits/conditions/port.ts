import type { Condition } from '../condition.js'

/** What `port` has to know of a node. */
export interface PortNode {
  readonly name: string
  readonly signal?: AbortSignal
  /** Resolves when the port accepts a connection, at the latest after `timeout` ms. */
  tryPort(
    port: number,
    options: { timeout: number; signal: AbortSignal },
  ): Promise<{ open: boolean; seen?: string }>
}

// ms; also what it takes to see that a port is closed.
const oneTry = 1000

// A try that lasts to the very end of the wait could not tell any more what it has seen.
const tryFor = (timeLeft: number): number => Math.min(oneTry, Math.max(10, Math.ceil(timeLeft / 2)))

/** The node accepts TCP connections there. */
export function port(node: PortNode, number: number): Condition<undefined> {
  return {
    what: `port ${number} of ${node.name}`,
    signal: node.signal,
    // The node's network is watched until the port opens: a pause would only be late.
    interval: 0,
    async probe({ signal, timeLeft }) {
      const { open, seen } = await node.tryPort(number, { timeout: tryFor(timeLeft), signal })
      return open ? { done: true, value: undefined } : { done: false, seen: seen ?? 'no answer' }
    },
  }
}

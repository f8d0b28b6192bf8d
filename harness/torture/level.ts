import { readdirSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** What a process holds that must not grow with what it has done. */
export interface Held {
  descriptors: number
  /** Of this process's own events and of what it waits for. */
  listeners: number
  /** What keeps the event loop going: sockets, timers, children. */
  resources: number
  /** Bytes, after a collection of garbage. */
  heap: number
}

export function heldNow(): Held {
  return {
    descriptors: readdirSync('/proc/self/fd').length,
    listeners: process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0),
    resources: process.getActiveResourcesInfo().filter((kind) => kind !== 'Timeout').length,
    heap: heapAfterCollection(),
  }
}

let collect: (() => void) | undefined

function heapAfterCollection(): number {
  setFlagsFromString('--expose-gc')
  collect ??= runInNewContext('gc') as () => void
  collect()
  return process.memoryUsage().heapUsed
}

import type { Condition, Look, Seen } from '../condition.js'

/** A look with a minute left, of a wait that is never over; the time left may be another, in ms. */
export const aLook = (timeLeft = 60_000): Look => ({ signal: new AbortController().signal, timeLeft })

/** A condition whose looks find these, one after the other, and the last of them for ever; a function throws or hangs. */
export function finding<T>(
  ...found: (Seen<T> | (() => Promise<Seen<T>>))[]
): Condition<T> & { looks: Look[] } {
  const looks: Look[] = []
  return {
    what: 'it',
    interval: 1,
    looks,
    probe: (look) => {
      const next = found[Math.min(looks.length, found.length - 1)] ?? { done: false, seen: 'nothing' }
      looks.push(look)
      return typeof next === 'function' ? next() : Promise.resolve(next)
    },
  }
}

export const there = { done: true, value: 'a value' } as const
export const absent = (seen = 'not yet'): { done: false; seen: string } => ({ done: false, seen })

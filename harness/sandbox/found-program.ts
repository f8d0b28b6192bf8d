import { startOf } from './process-identity.js'
import type { Program, ProgramEnd } from './program.js'

/** How often is looked whether it still runs, ms. */
const interval = 200

/**
 * A program that another process started: nobody is told of its end, so it is looked at.
 * @param folder where /proc shows it now; throws when its sandbox is gone
 * @param kill ends it at once
 * @param forget aborted when nobody wants to know any more
 */
export function foundProgram(folder: () => string, kill: () => void, forget: AbortSignal): Program {
  let started = startedIn(folder)
  const ended = new Promise<ProgramEnd>((resolve) => {
    const timer = setInterval(() => {
      const seen = startedIn(folder)
      if (seen === unseen) return
      if (started === unseen) started = seen
      if (seen !== undefined && seen === started) return
      clearInterval(timer)
      resolve({ status: null, signal: null })
    }, interval)
    // Whoever waits for something of it has other reasons to live.
    timer.unref()
    forget.addEventListener('abort', () => clearInterval(timer), { once: true })
  })
  return { ended, kill }
}

/** It cannot be looked at, for want of file descriptors for example: that does not mean that it has ended. */
const unseen = Symbol('unseen')

/** Tells a process from a later one with the same number; undefined when there is none. */
function startedIn(folder: () => string): string | typeof unseen | undefined {
  const place = placeOf(folder)
  if (place === undefined) return undefined
  try {
    return startOf(place)
  } catch {
    return unseen
  }
}

/** Undefined when its sandbox is gone, and the program with it. */
function placeOf(folder: () => string): string | undefined {
  try {
    return folder()
  } catch {
    return undefined
  }
}

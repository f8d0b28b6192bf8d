import { readFileSync } from 'node:fs'
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
  const started = startOf(folder)
  const ended = new Promise<ProgramEnd>((resolve) => {
    const timer = setInterval(() => {
      if (started !== undefined && startOf(folder) === started) return
      clearInterval(timer)
      resolve({ status: null, signal: null })
    }, interval)
    // Whoever waits for something of it has other reasons to live.
    timer.unref()
    forget.addEventListener('abort', () => clearInterval(timer), { once: true })
  })
  return { ended, kill }
}

/** Tells a process from a later one with the same number (proc(5), field 22 of stat); undefined when there is none. */
function startOf(folder: () => string): string | undefined {
  try {
    const text = readFileSync(`${folder()}/stat`, 'utf8')
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return ['Z', 'X'].includes(fields[0] ?? '') ? undefined : fields[19]
  } catch {
    return undefined
  }
}

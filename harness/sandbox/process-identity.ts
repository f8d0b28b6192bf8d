import { readdirSync, readFileSync } from 'node:fs'
import { messageOf, systemCode } from '../errors/index.js'

/**
 * A process that cannot be mistaken for a later one with the same number: when it started, in clock ticks since the host
 * did, and which start of the host that was (proc(5), field 22 of stat; random(4), boot_id).
 */
export interface ProcessIdentity {
  pid: number
  started: string
  boot: string
}

/** Undefined when there is no such process, or only what is left of one. Throws what the system says when it cannot look. */
export function identify(pid: number): ProcessIdentity | undefined {
  const started = startOf(`/proc/${String(pid)}`)
  if (started === undefined) return undefined
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  return { pid, started, boot }
}

/** When the process of a folder of proc(5) started, in clock ticks; otherwise as `identify`. */
export function startOf(folder: string): string | undefined {
  const fields = statusFields(folder)
  return fields === undefined || ['Z', 'X'].includes(fields[0] ?? '') ? undefined : (fields[19] ?? '')
}

/**
 * Whether that very process still runs. Yes, where that cannot be looked at, for want of file descriptors for example: whoever
 * took it for ended would leave its machines running.
 */
export function isRunning(known: ProcessIdentity): boolean {
  try {
    const found = identify(known.pid)
    return found !== undefined && found.started === known.started && found.boot === known.boot
  } catch {
    return true
  }
}

/** The processes that this one started and that still run. */
export function childrenOf(pid: number): number[] {
  const all = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return all.map(Number).filter((child) => statusFields(`/proc/${child}`)?.[1] === String(pid))
}

/** One line for people: what it is and what it does, as `qemu-system-x86 (process 12, state D)`. */
export function describeProcess(pid: number): string {
  try {
    const folder = `/proc/${pid}`
    const text = statusText(folder)
    const name = text.slice(text.indexOf('(') + 1, text.lastIndexOf(')'))
    return `${name} (process ${pid}, state ${statusFields(folder)?.[0] ?? 'gone'})`
  } catch (error) {
    return `process ${pid} (${messageOf(error)})`
  }
}

/** The fields after the program's name, which may hold anything but ends at the last bracket: state, parent, … */
function statusFields(folder: string): string[] | undefined {
  const text = statusText(folder)
  return text === '' ? undefined : text.slice(text.lastIndexOf(')') + 2).split(' ')
}

function statusText(folder: string): string {
  try {
    return readFileSync(`${folder}/stat`, 'utf8')
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes(systemCode(error))) return ''
    throw error
  }
}

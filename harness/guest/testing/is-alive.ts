import { readFileSync } from 'node:fs'

/** A process that has ended stays as a zombie where nobody asks how (proc(5), stat). */
export function isAlive(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')
  } catch {
    return false
  }
}

import { readdirSync, readlinkSync } from 'node:fs'

/** Every file that a process of this user has open. */
export function openFiles(): string[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((pid) => {
      try {
        return readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`))
      } catch {
        // The process is gone, or not ours to look at.
        return []
      }
    })
}

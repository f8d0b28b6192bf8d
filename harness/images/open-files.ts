import { readdirSync, readlinkSync } from 'node:fs'

/** Every file that a process of this user has open. */
export function openFiles(): string[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((pid) => descriptors(pid).flatMap((fd) => target(`/proc/${pid}/fd/${fd}`)))
}

function descriptors(pid: string): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`)
  } catch {
    // The process is gone, or not ours to look at.
    return []
  }
}

/** Nothing when it was closed meanwhile, as the one that this process has listed its own with. */
function target(link: string): string[] {
  try {
    return [readlinkSync(link)]
  } catch {
    return []
  }
}

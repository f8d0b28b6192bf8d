import { existsSync, readFileSync } from 'node:fs'

/** Whether a process runs, by its number. What has ended and was not asked about yet has no command line any more (proc(5)). */
export const runs = (pid: string): boolean =>
  existsSync(`/proc/${pid}`) && readFileSync(`/proc/${pid}/cmdline`, 'utf8') !== ''

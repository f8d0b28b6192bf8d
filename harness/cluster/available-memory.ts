import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const mebibyte = 1024 ** 2

/** How much memory can be taken here, and who says so. */
export interface AvailableMemory {
  mebibytes: number
  source: string
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

/**
 * What the machine has left, or what a control group of this process leaves of it, whichever is less (proc(5),
 * /proc/meminfo; the kernel's admin-guide/cgroup-v2, memory.max, and cgroup-v1/memory).
 * @param root where /proc and /sys are
 */
export function availableMemory(root = '/'): AvailableMemory {
  const meminfo = read(join(root, 'proc/meminfo')) ?? ''
  const kibibytes = Number(/MemAvailable:\s+(\d+)/.exec(meminfo)?.[1])
  const machine = { mebibytes: Math.floor(kibibytes / 1024), source: '/proc/meminfo' }
  return controlGroups(root)
    .flatMap((group) => roomIn(root, group) ?? [])
    .reduce((least, room) => (room.mebibytes < least.mebibytes ? room : least), machine)
}

interface ControlGroup {
  folder: string
  version: 1 | 2
}

/** The groups this process is in, and those around them: the limit of each holds. */
function controlGroups(root: string): ControlGroup[] {
  const lines = (read(join(root, 'proc/self/cgroup')) ?? '').trim().split('\n')
  return lines.flatMap((line): ControlGroup[] => {
    const [, controllers = '', path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? []
    if (path === undefined) return []
    if (controllers === '')
      return upwards(path).map((at) => ({ folder: join('sys/fs/cgroup', at), version: 2 }))
    if (!controllers.split(',').includes('memory')) return []
    return upwards(path).map((at) => ({ folder: join('sys/fs/cgroup/memory', at), version: 1 }))
  })
}

const upwards = (path: string): string[] => (path === '/' ? [path] : [path, ...upwards(dirname(path))])

function roomIn(root: string, { folder, version }: ControlGroup): AvailableMemory | undefined {
  const file = (name: string): string => join(root, folder, name)
  const [limitFile, usageFile] =
    version === 2 ? ['memory.max', 'memory.current'] : ['memory.limit_in_bytes', 'memory.usage_in_bytes']
  const limit = Number(read(file(limitFile)))
  const usage = Number(read(file(usageFile)))
  // "max" in version 2 and a number beyond all memory in version 1 stand for no limit.
  if (!Number.isFinite(limit) || !Number.isFinite(usage) || limit > Number.MAX_SAFE_INTEGER) return undefined
  // The kernel gives up cached files before it ends a process.
  const cached = Number(/^(?:total_)?inactive_file (\d+)/m.exec(read(file('memory.stat')) ?? '')?.[1] ?? 0)
  return {
    mebibytes: Math.max(0, Math.floor((limit - usage + cached) / mebibyte)),
    source: `/${folder}/${limitFile}`,
  }
}

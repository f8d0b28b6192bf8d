import { readdir, readFile, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { runRoot } from '../sandbox/index.js'

/** Everything of ours outside the sandboxes that a finished test must not leave, in words. */
export async function leftovers(): Promise<string[]> {
  const folders = await readdir(runRoot()).catch(() => [])
  return [
    ...folders.map((name) => `run folder ${name}`),
    ...(await processesBelow(runRoot())).map(({ pid, command }) => `process ${pid}: ${command}`),
    ...(await devices()).map((name) => `network device ${name}`),
    ...(await mountsBelow(runRoot())).map((line) => `mount ${line}`),
  ]
}

/** Processes that work in a folder or name it: the machines and the agents of the sandboxes there. */
export async function processesBelow(folder: string): Promise<{ pid: number; command: string }[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const found = await Promise.all(
    pids.map(async (pid) => {
      const command = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).replaceAll('\0', ' ')
      const place = await readlink(`/proc/${pid}/cwd`).catch(() => '')
      return command.includes(folder) || place.startsWith(folder) ? [{ pid: Number(pid), command }] : []
    }),
  )
  return found.flat()
}

/** Those of them that are QEMU. */
export async function machinesBelow(folder: string): Promise<{ pid: number; command: string }[]> {
  return (await processesBelow(folder)).filter(({ command }) => command.startsWith('qemu'))
}

/** A sandbox has its bridge and taps inside; outside there must be none. */
async function devices(): Promise<string[]> {
  return (await readdir('/sys/class/net')).filter((name) => /^(tap\d+|br0)$/.test(name))
}

async function mountsBelow(folder: string): Promise<string[]> {
  const lines = (await readFile(join('/proc/self', 'mountinfo'), 'utf8')).split('\n')
  return lines.filter((line) => line.includes(folder))
}

import type { Cluster, RunningNode } from '../cluster/index.js'
import type { Begun } from './fault.js'
import { impossible, requireOn, requirePrograms } from './impossible.js'

/** All at the same time; their clocks stand still with them. */
export async function pause(cluster: Cluster, nodes: readonly RunningNode[]): Promise<Begun> {
  for (const node of nodes) requireOn(node, 'pause')
  const begun = performance.now()
  await Promise.all(nodes.map((node) => node.machine.pause()))
  return {
    heal: async () => {
      await Promise.all(nodes.filter(({ isOn }) => isOn).map(({ machine }) => machine.resume()))
      const moved = begun - performance.now()
      if (cluster.nodes.some((node) => node.runs && !nodes.includes(node)))
        return { clocks: nodes.map(({ name }) => ({ node: name, moved })) }
      // All stood still: their clocks are as they were to each other.
      cluster.clockBehind -= moved
      return {}
    },
  }
}

/** Switches a node off, one way or another; healing boots it, unless somebody has. */
export async function off(node: RunningNode, fault: 'powerCut' | 'crash' | 'restart'): Promise<Begun> {
  requireOn(node, fault)
  if (fault === 'powerCut') await node.powerOff()
  else if (fault === 'restart') await node.shutDown()
  else await crash(node)
  return {
    heal: async () => {
      if (!node.isOn) await node.powerOn()
      return {}
    },
  }
}

async function crash(node: RunningNode): Promise<void> {
  const { exitCode } = await node.execute('test -w /proc/sysrq-trigger')
  if (exitCode !== 0) throw impossible('crash', node.name, '/proc/sysrq-trigger is not there')
  await node.crash()
}

export async function kill(node: RunningNode, service: string): Promise<Begun> {
  await requireActive(node, 'kill', service)
  await node.signalService(service, 'KILL')
  return {
    heal: async () => {
      if ((await node.serviceState(service)) !== 'active') await node.startServices(service)
      return {}
    },
  }
}

export async function freeze(node: RunningNode, service: string): Promise<Begun> {
  await requireActive(node, 'freeze', service)
  await node.signalService(service, 'STOP')
  return {
    heal: async () => {
      await node.signalService(service, 'CONT')
      return {}
    },
  }
}

async function requireActive(node: RunningNode, fault: string, service: string): Promise<void> {
  requireOn(node, fault)
  const state = await node.serviceState(service)
  if (state !== 'active') throw impossible(fault, node.name, `${service} is ${state || 'not known there'}`)
}

/** Programs that do nothing but use the processors. Each is found again by its number. */
export async function load(node: RunningNode, programs: number): Promise<Begun> {
  await requirePrograms(node, 'load', 'setsid')
  const one = "setsid sh -c 'while :; do :; done' </dev/null >/dev/null 2>&1 & echo $!"
  const processes = (await node.run`sh -c ${Array.from({ length: programs }, () => one).join('\n')}`).split(
    '\n',
  )
  return {
    heal: async () => {
      await node.run`kill -9 ${processes}`
      return {}
    },
  }
}

/**
 * A file in a file system that lies in memory (tmpfs(5)); it cannot be taken back by the kernel.
 * @param leave MiB that stay available (proc(5), MemAvailable).
 */
export async function memoryPressure(node: RunningNode, leave: number): Promise<Begun> {
  const fault = 'memoryPressure'
  await requirePrograms(node, fault, 'mount', 'umount', 'dd')
  const { exitCode: hasTmpfs } = await node.execute('grep -qw tmpfs /proc/filesystems')
  if (hasTmpfs !== 0) throw impossible(fault, node.name, 'its kernel has no tmpfs')
  const available = Number(
    await node.run`sh -c ${"sed -n 's/^MemAvailable: *//p' /proc/meminfo | cut -d' ' -f1"}`,
  )
  const take = Math.floor(available / 1024 - leave)
  if (!(take > 0))
    throw impossible(fault, node.name, `${Math.floor(available / 1024)} MiB are available there`)
  const folder = (await node.run`mktemp -d /tmp/pressure-XXXXXX`).trim()
  const release = (): Promise<string> => node.run`sh -c ${`umount ${folder} && rmdir ${folder}`}`
  await node.run`mount -t tmpfs -o size=100%,mode=700 pressure ${folder}`
  try {
    await node.run({ timeout: '10min' })`dd if=/dev/zero of=${`${folder}/taken`} bs=1M count=${take}`
  } catch (error) {
    await release()
    throw error
  }
  return {
    text: `memoryPressure on ${node.name} begins: ${take} MiB are taken, ${leave} left`,
    heal: async () => {
      await release()
      return {}
    },
  }
}

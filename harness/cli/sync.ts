import { once } from 'node:events'
import { watch } from 'node:fs'
import { resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Command } from 'commander'
import { LayOver, type RunningNode } from '../cluster/index.js'
import { messageOf } from '../errors/index.js'
import { interrupted } from './interrupt.js'
import { attachByName, namedNode } from './attach-by-name.js'
import { namesOption } from './names-option.js'

interface SyncOptions {
  cluster?: string
  restart?: string[]
  watch?: boolean
}

/** Editors write a file in several goes, ms. */
const settleTime = 200

/** `stackrig sync NODE FROM TO`: what differs in a folder goes to a running node. */
export function syncCommand(): Command {
  return new Command('sync')
    .description('copy what differs in a folder, or a file, to a running node')
    .argument('<node>', 'name of the node')
    .argument('<from>', 'folder or file of this machine')
    .argument('<to>', 'its place on the node')
    .option('--cluster <name>', 'name of the cluster, when several are running')
    .option(
      '--restart <units>',
      'services that are restarted when something was copied; several with commas',
      namesOption,
    )
    .option('--watch', 'go on, and copy what changes, until Ctrl-C')
    .action(async (nodeName: string, from: string, to: string, options: SyncOptions) => {
      await using cluster = await attachByName(options.cluster)
      const node = namedNode(cluster, nodeName)
      const tree = new LayOver(node, resolve(from), to)
      await sync(node, tree, options)
      if (options.watch) await goOn(resolve(from), () => sync(node, tree, options))
    })
}

async function sync(node: RunningNode, tree: LayOver, { restart = [] }: SyncOptions): Promise<void> {
  const copied = await tree.copy()
  for (const path of copied) process.stdout.write(`${node.name}:${path}\n`)
  if (copied.length === 0) process.stdout.write(`nothing differs on ${node.name}\n`)
  else if (restart.length > 0) {
    await node.restartServices(...restart)
    process.stdout.write(`restarted on ${node.name}: ${restart.join(', ')}\n`)
  }
}

/** Until Ctrl-C; what could not be copied is told, and tried again at the next change. */
async function goOn(from: string, again: () => Promise<void>): Promise<void> {
  let change = new AbortController()
  const watcher = watch(from, { recursive: true }, () => change.abort())
  process.stderr.write(`watching ${from}; leave with Ctrl-C\n`)
  try {
    for (;;) {
      const { signal } = change
      if (!signal.aborted) await once(AbortSignal.any([signal, interrupted]), 'abort')
      await delay(settleTime, undefined, { signal: interrupted }).catch(() => undefined)
      if (interrupted.aborted) return
      change = new AbortController()
      await again().catch((error: unknown) => process.stderr.write(`${messageOf(error)}\n`))
    }
  } finally {
    watcher.close()
  }
}

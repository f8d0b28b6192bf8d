import { open } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { StackrigError } from '../errors/index.js'
import { lastLines } from './console.js'

/**
 * What a kernel or an init prints when a node cannot go on. `: 0000 [#1]` ends the first line of every oops, whatever it
 * calls it (arch/x86/kernel/dumpstack.c, __die_header); kernels up to 5.0 kill "process", later ones "Killed process".
 */
const crash =
  /Kernel panic - not syncing|: [0-9a-f]{4} \[#\d+\]|kernel BUG at |BUG: unable to handle|Out of memory: Kill(ed)? process|You are in emergency mode|Give root password for maintenance|ALERT! .* does not exist/

const overlap = 200

/**
 * Reads along with a node's console log, and aborts `died` with NODE_CRASHED when the node crashes.
 * What was in the log before is not looked at.
 */
export async function watchForCrash(
  node: string,
  log: string,
  died: AbortController,
  stop: AbortSignal,
): Promise<void> {
  await using file = await open(log, 'r')
  let position = (await file.stat()).size
  let tail = ''
  const buffer = Buffer.alloc(65_536)
  while (!stop.aborted && !died.signal.aborted) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, position)
    if (bytesRead === 0) {
      await delay(100, undefined, { signal: stop, ref: false }).catch(() => undefined)
      continue
    }
    position += bytesRead
    tail += buffer.toString('latin1', 0, bytesRead)
    if (crash.test(tail)) {
      // The lines that follow say why.
      await delay(300)
      const rest = await file.read(buffer, 0, buffer.length, position)
      const seen = lastLines(tail + buffer.toString('latin1', 0, rest.bytesRead), 25)
      died.abort(
        new StackrigError('NODE_CRASHED', `node ${node} must run, but crashed`, { where: log, seen }),
      )
    }
    tail = tail.slice(-20_000 - overlap)
  }
}

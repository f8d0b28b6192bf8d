import { open } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { StackrigError } from '../errors/index.js'
import { shortenLog } from './console-log.js'
import { lastLines } from './plain-text.js'

/**
 * What a kernel or an init prints when a node cannot go on. `: 0000 [#1]` ends the first line of every oops, whatever it
 * calls it (arch/x86/kernel/dumpstack.c, __die_header); kernels up to 5.0 kill "process", later ones "Killed process".
 * No part of it may go on without end: its time would grow with the square of a hostile console.
 */
const crash =
  /Kernel panic - not syncing|: [0-9a-f]{4} \[#\d{1,9}\]|kernel BUG at |BUG: unable to handle|Out of memory: Kill(ed)? process|You are in emergency mode|Give root password for maintenance|ALERT! .{1,100} does not exist/

/** Characters; longer than what `crash` can match, so that it is found across two reads. */
const overlap = 200

/** Characters of a console before a crash that its error can show. */
const mostShown = 20_000

/**
 * Reads along with a node's console log, and aborts `died` with NODE_CRASHED when the node crashes.
 * What was in the log before is not looked at. `heard` gets all the rest, a character for each byte. A log that becomes too large loses its middle.
 */
export async function watchForCrash(
  node: string,
  log: string,
  died: AbortController,
  stop: AbortSignal,
  heard: (text: string) => void = () => undefined,
): Promise<void> {
  await using file = await open(log, 'a+')
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
    const text = buffer.toString('latin1', 0, bytesRead)
    heard(text)
    const isCrash = crash.test(tail.slice(-overlap) + text)
    tail += text
    if (isCrash) {
      // The lines that follow say why.
      await delay(300)
      const rest = await file.read(buffer, 0, buffer.length, position)
      const last = buffer.toString('latin1', 0, rest.bytesRead)
      heard(last)
      const seen = lastLines(tail.slice(-mostShown) + last, 25)
      died.abort(
        new StackrigError('NODE_CRASHED', `node ${node} must run, but crashed`, { where: log, seen }),
      )
    }
    tail = tail.slice(-mostShown)
    // What was not looked at yet stands in the part that stays, unless this reads more slowly than the node writes.
    const before = (await file.stat()).size
    const after = await shortenLog(file)
    if (after < before) position = Math.max(0, position - (before - after))
  }
}

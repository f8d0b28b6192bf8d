import { setTimeout as delay } from 'node:timers/promises'
import { StackrigError } from '../errors/index.js'
import { endsWithin } from '../time-limit.js'
import { childrenOf, describeProcess, identify, isRunning, type ProcessIdentity } from './process-identity.js'

/** How long what was killed may take to end, ms: the kernel first takes back all of its memory. */
const dyingTime = 15_000

/** Resolves when something that is looked at does not run any more; gives up looking after a minute. */
export async function waitForEnd(running: () => boolean): Promise<void> {
  for (const end = Date.now() + 60_000; running() && Date.now() < end;) await delay(2)
}

/**
 * Resolves when the sandbox of this outermost process has ended; after `timeout`, ms, it is killed, process 1 first: its
 * parent ends only after all of its namespace have (pid_namespaces(7)).
 * @throws StackrigError SANDBOX_STUCK naming what remains.
 */
export async function endOf(outermost: ProcessIdentity, gone: Promise<void>, timeout: number): Promise<void> {
  if (await endsWithin(timeout, gone)) return
  const inside = insideOf(outermost)
  for (const child of inside) kill(child)
  await endsWithin(
    dyingTime,
    waitForEnd(() => inside.some(isRunning)),
  )
  // It may have been stopped, and then does not hear of its child's end; where the child cannot be found, it is killed with it
  // (unshare(1), --kill-child).
  kill(outermost)
  if (await endsWithin(dyingTime, gone)) return
  const still = [outermost, ...inside].filter(isRunning)
  if (still.length === 0) return
  throw new StackrigError('SANDBOX_STUCK', 'all processes of the cluster must end when they are killed', {
    seen: still.map(({ pid }) => describeProcess(pid)).join('\n'),
    next: 'state D waits for a disk or a file server: look at the kernel log of this machine',
  })
}

/** Process 1 of the sandbox; nothing where there are too few file descriptors to look for it. */
function insideOf(outermost: ProcessIdentity): ProcessIdentity[] {
  try {
    return childrenOf(outermost.pid).flatMap((pid) => identify(pid) ?? [])
  } catch {
    return []
  }
}

function kill(known: ProcessIdentity): void {
  if (!isRunning(known)) return
  try {
    process.kill(known.pid, 'SIGKILL')
  } catch {
    // It has just ended.
  }
}

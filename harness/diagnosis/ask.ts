import type { RunningNode } from '../cluster/index.js'
import { humanDuration } from '../duration.js'
import { messageOf } from '../errors/index.js'

export interface AskOptions {
  /** A node that says nothing for so long is given up, ms; one that is only slow goes on. */
  silence: number
  signal: AbortSignal
  /** Called with what it says, as it comes. */
  onSaid?: (data: Buffer) => void
}

/** What a node said; and why that is not all, in a line. */
export interface Said {
  text: string
  failure?: string
}

/** Bytes of which nobody would make sense any more; a controller with everything on it says 3 MB. */
const mostSaid = 64 * 1024 * 1024

/** Runs a command on a node for as long as it goes on saying something. Never rejects: what was said until then counts. */
export async function ask(
  node: RunningNode,
  command: string,
  { silence, signal, onSaid }: AskOptions,
): Promise<Said> {
  const said: Buffer[] = []
  let length = 0
  const enough = new AbortController()
  const patience = setTimeout(
    () => enough.abort(new Error(`it said nothing for ${humanDuration(silence)}`)),
    silence,
  )
  const options = {
    timeout: 'none' as const,
    signal: AbortSignal.any([signal, enough.signal]),
    outputLimit: 1024,
    onOutput: (stream: string, data: Buffer): void => {
      patience.refresh()
      if (stream !== 'stdout' || length > mostSaid) return
      said.push(data)
      length += data.length
      onSaid?.(data)
      if (length > mostSaid) enough.abort(new Error(`it says more than ${mostSaid / 1024 ** 2} MiB`))
    },
  }
  const text = (): string => Buffer.concat(said).toString()
  try {
    await node.execute(command, options)
    return { text: text() }
  } catch (error) {
    return { text: text(), failure: messageOf(error).split('\n', 1).join('') }
  } finally {
    clearTimeout(patience)
  }
}

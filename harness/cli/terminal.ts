import type { Socket } from 'node:net'

/** Why a terminal was left: the other side has said its end. */
export const shellEnded = 'the shell ended'

interface JoinOptions {
  /** What the other side says when it has ended without closing the stream. */
  end?: string
  /** Byte for byte, for another terminal at the other side; otherwise line by line. Default true. */
  raw?: boolean
}

/**
 * Joins this terminal to a stream until either side ends or the person types Ctrl-] (line by line: Ctrl-D).
 * @returns why it ended, for people
 */
export async function joinTerminal(
  stream: Socket,
  { end, raw: bytes = true }: JoinOptions = {},
): Promise<string> {
  const { stdin, stdout } = process
  const raw = bytes && stdin.isTTY
  // Others may use this terminal afterwards.
  const left = new AbortController()
  if (raw) stdin.setRawMode(true)
  try {
    const upTo = end === undefined ? undefined : upToMark(end)
    return await new Promise<string>((resolve) => {
      stream.on('data', (data: Buffer) => {
        const { shown, ended } = upTo?.(data) ?? { shown: data, ended: false }
        stdout.write(shown)
        if (ended) resolve(shellEnded)
      })
      stream.on('close', () => resolve('the node closed it'))
      stream.on('error', () => resolve('the node closed it'))
      // A conversation stands still until somebody listens.
      stream.resume()
      const typed = (data: Buffer): void => {
        const escape = raw ? data.indexOf(0x1d) : -1
        stream.write(escape === -1 ? data : data.subarray(0, escape))
        if (escape !== -1) resolve('you left it')
      }
      // Without a terminal the last answers are still on their way when the input ends.
      const end = (): unknown => setTimeout(() => resolve('the input ended'), 1000)
      stdin.on('data', typed).on('end', end)
      left.signal.addEventListener('abort', () => stdin.off('data', typed).off('end', end))
    })
  } finally {
    left.abort()
    if (raw) stdin.setRawMode(false)
    stdin.pause()
    stream.destroy()
  }
}

/**
 * Finds where a stream ends, also when the transport cuts the mark in pieces: what could be its beginning is held back until
 * more has come.
 */
export function upToMark(mark: string): (data: Buffer) => { shown: Buffer; ended: boolean } {
  const wanted = Buffer.from(mark)
  let held = Buffer.alloc(0)
  return (data) => {
    const all = Buffer.concat([held, data])
    const at = all.indexOf(wanted)
    if (at !== -1) return { shown: all.subarray(0, at), ended: true }
    let length = Math.min(all.length, wanted.length - 1)
    while (!all.subarray(all.length - length).equals(wanted.subarray(0, length))) length--
    held = all.subarray(all.length - length)
    return { shown: all.subarray(0, all.length - length), ended: false }
  }
}

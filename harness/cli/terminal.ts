import type { Socket } from 'node:net'

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
  if (raw) stdin.setRawMode(true)
  try {
    return await new Promise<string>((resolve) => {
      stream.on('data', (data: Buffer) => {
        const at = end === undefined ? -1 : data.indexOf(end)
        stdout.write(at === -1 ? data : data.subarray(0, at))
        if (at !== -1) resolve('the shell ended')
      })
      stream.on('close', () => resolve('the node closed it'))
      stream.on('error', () => resolve('the node closed it'))
      stdin.on('data', (data: Buffer) => {
        const escape = raw ? data.indexOf(0x1d) : -1
        stream.write(escape === -1 ? data : data.subarray(0, escape))
        if (escape !== -1) resolve('you left it')
      })
      // Without a terminal the last answers are still on their way when the input ends.
      stdin.on('end', () => setTimeout(() => resolve('the input ended'), 1000))
    })
  } finally {
    if (raw) stdin.setRawMode(false)
    stdin.pause()
    stream.destroy()
  }
}

import type { Socket } from 'node:net'
import { StackrigError } from '../errors/index.js'

/** A byte stream that is read up to one mark after the other. */
export class Marked {
  private pending: Buffer = Buffer.alloc(0)
  private closed: Error | undefined
  private look: () => void = () => undefined
  private fail: (error: Error) => void = () => undefined

  constructor(socket: Socket, node: string) {
    socket.on('data', (data: Buffer) => {
      this.pending = this.pending.length === 0 ? data : Buffer.concat([this.pending, data])
      this.look()
    })
    socket.on('error', () => undefined)
    socket.on('close', () => {
      this.closed = new StackrigError('SHELL_LOST', `node ${node} must keep its shell open, but closed it`)
      this.fail(this.closed)
    })
  }

  /** What comes before the mark. `onData` gets it as it comes. Rejects with the signal's reason. */
  until(mark: string, signal: AbortSignal, onData?: (data: Buffer) => void): Promise<{ data: Buffer }> {
    const wanted = Buffer.from(mark)
    const parts: Buffer[] = []
    const give = (data: Buffer): void => {
      if (data.length === 0) return
      parts.push(data)
      onData?.(data)
    }
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        this.look = this.fail = () => undefined
        reject(signal.reason as Error)
      }
      signal.addEventListener('abort', stop, { once: true })
      this.fail = (error) => {
        signal.removeEventListener('abort', stop)
        reject(error)
      }
      this.look = () => {
        const at = this.pending.indexOf(wanted)
        // A mark may be cut in two by the transport: keep back what could be its beginning, and nothing else.
        const end = at === -1 ? this.pending.length - beginning(this.pending, wanted) : at
        give(this.pending.subarray(0, end))
        this.pending = this.pending.subarray(at === -1 ? end : at + wanted.length)
        if (at === -1) return
        this.look = this.fail = () => undefined
        signal.removeEventListener('abort', stop)
        resolve({ data: Buffer.concat(parts) })
      }
      if (signal.aborted) stop()
      else if (this.closed) this.fail(this.closed)
      else this.look()
    })
  }

  /** Drops what has come so far. */
  forget(): void {
    this.pending = Buffer.alloc(0)
  }
}

/** How many of the last bytes could be the beginning of the mark. */
function beginning(data: Buffer, mark: Buffer): number {
  for (let length = Math.min(data.length, mark.length - 1); length > 0; length--) {
    if (data.subarray(data.length - length).equals(mark.subarray(0, length))) return length
  }
  return 0
}

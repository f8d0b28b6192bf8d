import { addAbortListener } from 'node:events'
import type { Socket } from 'node:net'
import { waitFor, type Look, type Seen } from '../waits/index.js'
import type { Duration } from '../duration.js'

/** A conversation over a node's serial console. QEMU serves one at a time. */
export class Console implements Disposable {
  private readonly socket: Socket
  private readonly node: string
  private heard = ''

  constructor(socket: Socket, node: string) {
    this.socket = socket
    this.node = node
    socket.on('error', () => undefined)
    // Latin-1 keeps one character for each byte; consoles of old images are not always UTF-8.
    socket.setEncoding('latin1').on('data', (text: string) => (this.heard += text))
  }

  type(text: string): void {
    this.socket.write(text)
  }

  /**
   * Waits until the console shows the pattern after what was last waited for.
   * @throws StackrigError WAIT_TIMEOUT with the console's last lines.
   */
  async expect(pattern: RegExp, timeout: Duration, signal: AbortSignal, nudge?: string): Promise<void> {
    let nudged = Date.now()
    let looked = 0
    const look = (): Promise<Seen<undefined>> => {
      // Only at what is new: the time that looking takes is the guest's.
      if (this.heard.length !== looked) {
        looked = this.heard.length
        const text = plainText(this.heard)
        const match = pattern.exec(text)
        if (match) {
          this.heard = text.slice(match.index + match[0].length)
          return Promise.resolve({ done: true, value: undefined })
        }
      }
      // A prompt that was printed before we connected is printed again for a newline.
      if (nudge !== undefined && Date.now() - nudged > 5000) {
        nudged = Date.now()
        this.type(nudge)
      }
      return Promise.resolve({ done: false, seen: looked === 0 ? 'a silent console' : 'other text' })
    }
    const watch = ({ signal }: Look, again: () => void): void => {
      // A busy console says something many times a second.
      let soon: NodeJS.Timeout | undefined
      const later = (): void => {
        soon ??= setTimeout(() => {
          soon = undefined
          again()
        }, 20)
      }
      this.socket.on('data', later)
      addAbortListener(signal, () => {
        this.socket.off('data', later)
        clearTimeout(soon)
      })
    }
    const what = `${String(pattern)} on the console of ${this.node}`
    const diagnose = (): Promise<string> => Promise.resolve(lastLines(this.heard, 15))
    await waitFor({ what, probe: look, watch }, { timeout, interval: '1s', signal, diagnose })
  }

  [Symbol.dispose](): void {
    this.socket.destroy()
  }
}

/** The last lines of a console, without escape sequences. */
export function lastLines(text: string, count: number): string {
  return plainText(text).trimEnd().split('\n').slice(-count).join('\n')
}

/** Text without escape sequences (ECMA-48): a login shell may ask for the cursor's place right after its prompt. */
function plainText(text: string): string {
  return text.replaceAll(/\x1b\[[0-9;?]*[A-Za-z]|\x1b[()][A-Z0-9]|\r/g, '')
}

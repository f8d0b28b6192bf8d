import { addAbortListener } from 'node:events'
import type { Socket } from 'node:net'
import type { Duration } from '../duration.js'
import { waitFor, type Look, type Seen } from '../waits/index.js'
import { lastLines, plainText } from './plain-text.js'

/** Characters of a console that are kept to look at: a prompt stands at the end of it. */
const mostHeard = 64 * 1024

/** A conversation over a node's serial console. QEMU serves one at a time. */
export class Console implements Disposable {
  readonly #socket: Socket
  readonly #node: string
  #heard = ''
  /** Characters that have come since the conversation began. */
  #count = 0

  constructor(socket: Socket, node: string) {
    this.#socket = socket
    this.#node = node
    socket.on('error', () => undefined)
    // Latin-1 keeps one character for each byte; consoles of old images are not always UTF-8.
    socket.setEncoding('latin1').on('data', (text: string) => {
      this.#count += text.length
      this.#heard += text
      if (this.#heard.length > 2 * mostHeard) this.#heard = this.#heard.slice(-mostHeard)
    })
  }

  type(text: string): void {
    this.#socket.write(text)
  }

  /**
   * Waits until the console shows the pattern, and resolves with what matched, after what was last waited for. Of a console that says more than 64 KiB
   * between two looks, the last 64 KiB are looked at.
   * @throws StackrigError WAIT_TIMEOUT with the console's last lines.
   */
  async expect(
    pattern: RegExp,
    timeout: Duration,
    signal: AbortSignal,
    nudge?: string,
  ): Promise<RegExpExecArray> {
    let nudged = Date.now()
    let looked = -1
    const look = (): Promise<Seen<RegExpExecArray>> => {
      // Only when there is something new: the time that looking takes is the guest's.
      if (this.#count !== looked) {
        looked = this.#count
        const text = plainText(this.#heard.slice(-mostHeard))
        const match = pattern.exec(text)
        if (match) {
          this.#heard = text.slice(match.index + match[0].length)
          return Promise.resolve({ done: true, value: match })
        }
      }
      // A prompt that was printed before we connected is printed again for a newline.
      if (nudge !== undefined && Date.now() - nudged > 5000) {
        nudged = Date.now()
        this.type(nudge)
      }
      return Promise.resolve({ done: false, seen: this.#count === 0 ? 'a silent console' : 'other text' })
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
      this.#socket.on('data', later)
      addAbortListener(signal, () => {
        this.#socket.off('data', later)
        clearTimeout(soon)
      })
    }
    const what = `${String(pattern)} on the console of ${this.#node}`
    const diagnose = (): Promise<string> => Promise.resolve(lastLines(this.#heard, 15))
    return waitFor({ what, probe: look, watch }, { timeout, interval: '1s', signal, diagnose })
  }

  [Symbol.dispose](): void {
    this.#socket.destroy()
  }
}

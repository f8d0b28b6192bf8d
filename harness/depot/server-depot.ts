import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import got, { HTTPError } from 'got'
import { messageOf, StackrigError } from '../errors/index.js'
import { chunkPath, goneChunk, type Depot } from './depot.js'
import { chunkSize } from './cut.js'

/** A note names every chunk of some GiB. */
const longestNote = 256 * 1024 ** 2
/** A compressed chunk is never much longer than what it holds. */
const longestChunk = 2 * chunkSize

/** A depot as a file server shows it: any that serves static files. */
export class ServerDepot implements Depot {
  readonly where: string
  readonly #address: URL
  readonly #agent = { http: new HttpAgent({ keepAlive: true }), https: new HttpsAgent({ keepAlive: true }) }

  /** @throws StackrigError USAGE for what is no address of http or https. */
  constructor(address: string) {
    const whole = address.endsWith('/') ? address : `${address}/`
    if (!/^https?:/i.test(whole) || !URL.canParse(whole)) {
      throw new StackrigError('USAGE', 'a file server is named by an address of http or https', {
        seen: address,
      })
    }
    const url = new URL(whole)
    this.#address = url
    // A name and a password in it are nobody's to read.
    const shown = new URL(url)
    shown.username = ''
    shown.password = ''
    this.where = shown.href
  }

  readNote(path: string, signal?: AbortSignal): Promise<string | undefined> {
    return this.#get(path, longestNote, signal).then((body) => body?.toString())
  }

  async readChunk(digest: string, signal?: AbortSignal): Promise<Buffer> {
    const path = chunkPath(digest)
    const body = await this.#get(path, longestChunk, signal)
    if (!body) throw goneChunk(this.where + path)
    return body
  }

  async #get(path: string, longest: number, signal?: AbortSignal): Promise<Buffer | undefined> {
    const where = this.where + path
    try {
      const request = got(new URL(path, this.#address), {
        agent: this.#agent,
        timeout: { connect: 10_000, response: 30_000, request: 120_000 },
        retry: { limit: 2 },
        // A chunk is compressed already, whatever a server says of it.
        decompress: false,
        responseType: 'buffer',
        ...(signal && { signal }),
      })
      void request.on('downloadProgress', ({ transferred }) => {
        if (transferred > longest) request.cancel()
      })
      return await request.buffer().then((body) => Buffer.from(body.buffer, body.byteOffset, body.byteLength))
    } catch (cause) {
      signal?.throwIfAborted()
      if (cause instanceof HTTPError && [404, 410].includes(cause.response.statusCode)) return undefined
      throw new StackrigError('DEPOT_MISSING', 'a file server must give what is asked of it', {
        where,
        seen:
          cause instanceof Error && cause.name === 'CancelError' ? 'too long an answer' : messageOf(cause),
        next: 'look whether it can be reached, and whether it shows the folder that was pushed to',
        cause,
      })
    }
  }
}

import { messageOf } from '../errors/index.js'
import { begin, boundedText, type Timeline } from '../timeline/index.js'
import { ApiError, requestIdOf } from './api-error.js'
import { maskSecrets, secretsIn } from './secrets.js'

/** What of a request is told. */
interface Called {
  method: string
  url: string
  headers?: Record<string, string> | undefined
  json?: unknown
  secrets?: readonly string[] | undefined
}

interface Answered {
  status: number
  headers: Record<string, string | string[] | undefined>
  body: Buffer
}

/** ms after which a call that has no answer yet is told of. */
const long = 1000

/**
 * Tells a timeline of one call of an API. Headers are left out, and so is what answers a request for a token: both are
 * secrets. What else the request said in secret is masked, wherever it stands.
 */
export class CallRecord {
  readonly #timeline: Timeline
  readonly #called: Called
  readonly #secrets: readonly string[]
  readonly #began = Date.now()
  readonly #timer: NodeJS.Timeout

  constructor(timeline: Timeline, called: Called) {
    this.#timeline = timeline
    this.#called = called
    this.#secrets = secretsIn(called)
    this.#timer = setTimeout(() => begin(timeline, this.#entry(), this.#began), long).unref()
  }

  answered({ status, headers, body }: Answered): void {
    const requestId = requestIdOf(headers)
    const response = this.#bodyOf(headers, body)
    this.#tell({ status, ...(requestId !== undefined && { requestId }), ...(response && { response }) })
  }

  failed(error: unknown): void {
    // Of an answer that is an error it was told.
    if (error instanceof ApiError && error.status !== undefined) return
    this.#tell({ error: this.#mask(messageOf(error)) })
  }

  #tell(data: object): void {
    clearTimeout(this.#timer)
    const entry = this.#entry()
    this.#timeline.add({ ...entry, t: this.#began, end: Date.now(), data: { ...entry.data, ...data } })
  }

  #entry(): {
    lane: 'api'
    kind: 'call'
    text: string
    data: { method: string; url: string; request?: string }
  } {
    const { method, json } = this.#called
    const url = this.#mask(this.#called.url)
    const request = json === undefined ? {} : { request: this.#mask(JSON.stringify(json)) }
    return { lane: 'api', kind: 'call', text: `${method} ${url}`, data: { method, url, ...request } }
  }

  #bodyOf(headers: Answered['headers'], body: Buffer): string | undefined {
    if (body.length === 0) return undefined
    if (/\/tokens(\/|\?|$)/.test(this.#called.url)) return '(the answer is a token)'
    const type = String(headers['content-type'] ?? '')
    if (!/^(text\/|application\/(.*\+)?(json|xml))/.test(type)) return `(${body.length} bytes ${type})`
    return boundedText(body.toString(), (text) => this.#mask(text))
  }

  #mask(text: string): string {
    return maskSecrets(text, this.#secrets)
  }
}

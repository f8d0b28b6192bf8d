import { messageOf } from '../errors/index.js'
import { boundedText, lasting, type Timeline } from '../timeline/index.js'
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

/**
 * Tells a timeline of one call of an API. Headers are left out, and so is what answers a request for a token: both are
 * secrets. What else the request said in secret is masked, wherever it stands.
 */
export class CallRecord {
  readonly #called: Called
  readonly #secrets: readonly string[]
  readonly #ended: ReturnType<typeof lasting<'call'>>

  constructor(timeline: Timeline, called: Called) {
    this.#called = called
    this.#secrets = secretsIn(called)
    const { method, json } = called
    const url = this.#mask(called.url)
    const request = json === undefined ? {} : { request: this.#mask(JSON.stringify(json)) }
    const data = { method, url, ...request }
    this.#ended = lasting<'call'>(timeline, { lane: 'api', kind: 'call', text: `${method} ${url}`, data })
  }

  answered({ status, headers, body }: Answered): void {
    const requestId = requestIdOf(headers)
    const response = this.#bodyOf(headers, body)
    this.#ended({ status, ...(requestId !== undefined && { requestId }), ...(response && { response }) })
  }

  failed(error: unknown): void {
    // Of an answer that is an error it was told.
    if (error instanceof ApiError && error.status !== undefined) return
    this.#ended({ error: this.#mask(messageOf(error)) })
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

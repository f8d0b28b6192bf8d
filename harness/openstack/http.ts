import got, { RequestError, type Method, type OptionsOfBufferResponseBody, type Response } from 'got'
import type { z } from 'zod'
import { milliseconds, type Duration } from '../duration.js'
import { StackrigError } from '../errors/index.js'
import { logger } from '../log.js'
import { DialAgent, type Dial } from './agent.js'
import { ApiError, openstackMessage, requestIdOf } from './api-error.js'
import { maskSecrets } from './secrets.js'

const log = logger('api')

export interface Timeouts {
  /** One attempt, from the request to the end of its answer; default 120 s, emulated nodes are slow. */
  request?: Duration
  /** Until there is a connection; default 10 s. */
  connect?: Duration
  /** How long GET, HEAD, PUT and DELETE are tried again while connections are refused or reset; default 20 s. */
  retry?: Duration
}

export interface HttpRequest {
  method: Method
  url: string
  headers?: Record<string, string> | undefined
  /** Query parameters; undefined ones are left out. */
  query?: Record<string, string | number | boolean | undefined> | undefined
  json?: unknown
  /** Sent as it is; not together with `json`. */
  body?: Buffer | undefined
}

export interface HttpAnswer {
  status: number
  headers: Record<string, string | string[] | undefined>
  body: Buffer
}

/** Requests over a `dial`, each with a time-out and the cloud's signal. */
export class Http {
  readonly agent: DialAgent
  readonly signal: AbortSignal | undefined
  /** ms */
  readonly requestTimeout: number
  readonly #keptAlive: DialAgent
  readonly #retryWindow: number

  constructor(dial: Dial, timeouts: Timeouts = {}, signal?: AbortSignal) {
    const connect = milliseconds(timeouts.connect ?? '10s')
    this.requestTimeout = milliseconds(timeouts.request ?? '120s')
    this.#retryWindow = milliseconds(timeouts.retry ?? '20s')
    this.#keptAlive = new DialAgent(dial, connect, { keepAlive: true })
    this.agent = new DialAgent(dial, connect, { keepAlive: false })
    this.signal = signal
  }

  /**
   * Sends one request. Only idempotent methods are tried again, and only when there was no connection or it was reset.
   *
   * @throws ApiError for an error status or no answer; when the signal fires its reason, or StackrigError ABORTED.
   */
  async send(request: HttpRequest): Promise<HttpAnswer> {
    const { method, url } = request
    const started = performance.now()
    try {
      const response = await got(url, this.#options(request, started))
      const answer = { status: response.statusCode, headers: response.headers, body: response.rawBody }
      log(
        '%s %s %d in %d ms',
        method,
        maskSecrets(withoutQuery(response)),
        answer.status,
        performance.now() - started,
      )
      if (!response.ok) throw refusal(method, url, answer)
      return answer
    } catch (error) {
      if (error instanceof RequestError) throw unanswered(method, url, error, this.signal)
      throw error
    }
  }

  /** Closes idle connections. */
  close(): void {
    this.#keptAlive.destroy()
    this.agent.destroy()
  }

  #options(request: HttpRequest, started: number): OptionsOfBufferResponseBody {
    // A kept connection that the service closes just now loses its request. That can be repaired by another try,
    // which POST and PATCH must not have: they get a connection of their own.
    const idempotent = request.method !== 'POST' && request.method !== 'PATCH'
    return {
      method: request.method,
      headers: { accept: 'application/json', 'user-agent': 'stackrig', ...request.headers },
      ...(request.query && { searchParams: request.query }),
      ...(request.json !== undefined && { json: request.json }),
      ...(request.body !== undefined && { body: request.body }),
      ...(this.signal && { signal: this.signal }),
      agent: { http: idempotent ? this.#keptAlive : this.agent },
      responseType: 'buffer',
      throwHttpErrors: false,
      followRedirect: false,
      decompress: true,
      timeout: { request: this.requestTimeout },
      retry: {
        limit: idempotent ? 1000 : 0,
        methods: ['GET', 'HEAD', 'PUT', 'DELETE'],
        statusCodes: [],
        errorCodes: ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'EHOSTUNREACH', 'ENETUNREACH'],
        enforceRetryRules: true,
        calculateDelay: ({ attemptCount }) => {
          const pause = Math.min(100 * attemptCount, 1000)
          return performance.now() - started + pause > this.#retryWindow ? 0 : pause
        },
      },
    }
  }
}

/** The error for an answer with an error status. */
export function refusal(method: string, url: string, answer: HttpAnswer): ApiError {
  return new ApiError({
    method,
    url,
    status: answer.status,
    said: openstackMessage(answer.body.toString('utf8')),
    requestId: requestIdOf(answer.headers),
  })
}

function unanswered(
  method: string,
  url: string,
  error: RequestError,
  signal: AbortSignal | undefined,
): StackrigError {
  if (signal?.aborted) return givenUp(method, url, signal)
  // got's error holds the request's headers, the token among them: only its text goes on.
  const cause = Object.assign(new Error(error.message), { code: error.code })
  return new ApiError({ method, url, said: `${error.message} (${error.code})`, cause })
}

/** Why a signal ended a request: a node that crashed, say. */
export function givenUp(method: string, url: string, { reason }: AbortSignal): StackrigError {
  if (reason instanceof StackrigError) return reason
  return new StackrigError('ABORTED', `${method} ${maskSecrets(url)} was given up`, { cause: reason })
}

function withoutQuery(response: Response): string {
  return response.url.replace(/\?.*$/, '')
}

/**
 * What an answer says, checked: its JSON unless another part of it is given.
 *
 * @throws ApiError when it is not of that form.
 */
export function checked<T>(
  schema: z.ZodType<T>,
  request: HttpRequest,
  answer: HttpAnswer,
  said: unknown = parseJson(answer.body.toString('utf8')),
): T {
  const result = schema.safeParse(said)
  if (result.success) return result.data
  const issues = result.error.issues.map((issue) => `${issue.path.join('.') || 'the body'}: ${issue.message}`)
  throw new ApiError({
    method: request.method,
    url: request.url,
    status: answer.status,
    said: `not the documented form: ${issues.slice(0, 5).join('; ')}`,
    requestId: requestIdOf(answer.headers),
  })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

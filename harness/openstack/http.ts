import { setMaxListeners } from 'node:events'
import got, { CancelError, type Method, type OptionsOfBufferResponseBody, type Response } from 'got'
import type * as z from 'zod'
import { milliseconds, type Duration } from '../duration.js'
import { messageOf, StackrigError } from '../errors/index.js'
import { logger } from '../log.js'
import { noTimeline, type Timeline } from '../timeline/index.js'
import type { Dial } from './agent.js'
import { ApiError, openstackMessage, requestIdOf } from './api-error.js'
import { CallRecord } from './call-record.js'
import { failureText, tooLong, usualBody } from './body.js'
import { checkedAddress, Connections } from './connections.js'
import { parseJson } from './json.js'
import { maskSecrets, secretsIn } from './secrets.js'

const log = logger('api')

export interface Timeouts {
  /** One attempt, from the request to the end of its answer; default 120 s, emulated nodes are slow. */
  request?: Duration
  /** Until there is a connection; default 10 s. */
  connect?: Duration
  /** How long GET, HEAD, PUT and DELETE are tried again while connections are refused or reset; default 20 s. */
  retry?: Duration
  /** A whole upload; default 30 min. */
  upload?: Duration
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
  /** MiB of its answer; default 4. A longer one is an ApiError. */
  longest?: number | undefined
  /** What must not be said should it fail; its token, and the passwords of its JSON, are known to be secret. */
  secrets?: readonly string[] | undefined
}

export interface HttpAnswer {
  status: number
  headers: Record<string, string | string[] | undefined>
  body: Buffer
}

/** Requests over a `dial`, each with a time-out and the cloud's signal. */
export class Http {
  readonly connections: Connections
  readonly signal: AbortSignal | undefined
  /** ms */
  readonly requestTimeout: number
  /** ms */
  readonly uploadTimeout: number
  /** Where every call is told. */
  readonly timeline: Timeline
  readonly #retryWindow: number

  /** `ca` are certificates (PEM) to trust instead of Node's own. */
  constructor(
    dial: Dial,
    timeouts: Timeouts = {},
    signal?: AbortSignal,
    { ca, timeline = noTimeline }: { ca?: string | undefined; timeline?: Timeline | undefined } = {},
  ) {
    this.connections = new Connections(dial, milliseconds(timeouts.connect ?? '10s'), ca)
    this.requestTimeout = milliseconds(timeouts.request ?? '120s')
    this.#retryWindow = milliseconds(timeouts.retry ?? '20s')
    this.uploadTimeout = milliseconds(timeouts.upload ?? '30min')
    this.signal = signal
    // Each request that goes on listens to it, and takes its listener away: many at once are no leak.
    if (signal) setMaxListeners(0, signal)
    this.timeline = timeline
  }

  /**
   * Sends one request. Only idempotent methods are tried again, and only when there was no connection or it was reset.
   *
   * @throws ApiError for an error status, a redirect, an answer that is too long, or none; when the signal fires its reason, or StackrigError ABORTED.
   */
  async send(request: HttpRequest): Promise<HttpAnswer> {
    const started = performance.now()
    const longest = request.longest ?? usualBody
    const record = new CallRecord(this.timeline, request)
    try {
      const sent = got(checkedAddress(request.url), this.#options(request, started))
      void sent.on('downloadProgress', ({ transferred }) => {
        if (transferred > longest * 1024 * 1024) sent.cancel()
      })
      const response = await sent
      const answer = { status: response.statusCode, headers: response.headers, body: response.rawBody }
      record.answered(answer)
      log(
        '%s %s %d in %d ms',
        request.method,
        maskSecrets(withoutQuery(response), secretsIn(request)),
        answer.status,
        performance.now() - started,
      )
      if (isRefused(answer)) throw refusal(request, answer)
      return answer
    } catch (error) {
      record.failed(error)
      if (error instanceof ApiError) throw error
      throw unanswered(request, error instanceof CancelError ? tooLong(longest) : error, this.signal)
    }
  }

  /** Closes idle connections. */
  close(): void {
    this.connections.close()
  }

  #options(request: HttpRequest, started: number): OptionsOfBufferResponseBody {
    // A kept connection that the service closes just now loses its request. That can be repaired by another try,
    // which POST and PATCH must not have: they get a connection of their own.
    const idempotent = request.method !== 'POST' && request.method !== 'PATCH'
    return {
      method: request.method,
      headers: {
        accept: 'application/json',
        'accept-encoding': 'identity',
        'user-agent': 'stackrig',
        ...request.headers,
      },
      ...(request.query && { searchParams: request.query }),
      ...(request.json !== undefined && { json: request.json }),
      ...(request.body !== undefined && { body: request.body }),
      ...(this.signal && { signal: this.signal }),
      agent: this.connections.agents({ kept: idempotent }),
      responseType: 'buffer',
      throwHttpErrors: false,
      followRedirect: false,
      decompress: false,
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

/** Followed, a redirect would take the token to where a guest wants it. */
const redirects = [301, 302, 303, 307, 308]

/** Whether an answer is none to the question. */
export function isRefused({ status }: HttpAnswer): boolean {
  return status >= 400 || redirects.includes(status)
}

/** The error for an answer that `isRefused`. */
export function refusal(request: HttpRequest, answer: HttpAnswer): ApiError {
  const { method, url } = request
  const secrets = secretsIn(request)
  const location = String(answer.headers['location'])
  return new ApiError({
    method,
    url,
    status: answer.status,
    said: redirects.includes(answer.status)
      ? `it redirects to ${location}, and no redirect is followed`
      : // Before it is cut: half a secret would not be recognised.
        openstackMessage(maskSecrets(failureText(answer), secrets)),
    requestId: requestIdOf(answer.headers),
    secrets,
  })
}

/** The error for a request without an answer. */
export function unanswered(
  request: HttpRequest,
  error: unknown,
  signal: AbortSignal | undefined,
): StackrigError {
  const { method, url } = request
  if (signal?.aborted) return givenUp(method, url, signal)
  const { code } = error as { code?: unknown }
  const secrets = secretsIn(request)
  // got's error holds the request's headers, the token among them: only its text goes on.
  const said = maskSecrets(messageOf(error), secrets)
  const cause = Object.assign(new Error(said), typeof code === 'string' && { code })
  return new ApiError({
    method,
    url,
    said: typeof code === 'string' ? `${said} (${code})` : said,
    secrets,
    cause,
  })
}

/** Why a signal ended a request: a node that crashed, say. */
export function givenUp(method: string, url: string, { reason }: AbortSignal): StackrigError {
  if (reason instanceof StackrigError) return reason
  return new StackrigError('ABORTED', `${method} ${maskSecrets(url)} was given up`, { cause: reason })
}

function withoutQuery(response: Response): string {
  return response.url.split('?', 1)[0] ?? ''
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
  said: unknown = parseJson(answer.body),
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
    secrets: secretsIn(request),
  })
}

import type { Readable } from 'node:stream'
import type { Method } from 'got'
import type * as z from 'zod'
import { checked, type HttpAnswer, type HttpRequest } from './http.js'
import type { Session } from './session.js'
import { upload } from './upload.js'

export interface CallOptions {
  query?: HttpRequest['query']
  json?: unknown
  body?: Buffer
  headers?: Record<string, string>
  /** MiB of the answer; see HttpRequest. */
  longest?: number
}

/** One service as a session sees it: paths are relative to its endpoint. */
export class Service {
  readonly session: Session
  readonly #endpoint: () => Promise<string>

  /** `endpoint` is asked before each call; the catalogue it looks into comes with the session's token. */
  constructor(session: Session, endpoint: () => Promise<string>) {
    this.session = session
    this.#endpoint = endpoint
  }

  /** The full address of a path. */
  async url(path: string): Promise<string> {
    return `${await this.#endpoint()}${path}`
  }

  /** Sends a request; the answer has a status below 400. */
  async send(method: Method, path: string, options: CallOptions = {}): Promise<HttpAnswer> {
    return this.session.send({ method, url: await this.url(path), ...options })
  }

  /** Sends a stream of bytes, once and as it is: `upload` says how it may end. */
  async upload(
    method: 'POST' | 'PUT',
    path: string,
    body: Readable,
    options: { headers?: Record<string, string>; contentLength?: number | undefined } = {},
  ): Promise<HttpAnswer> {
    const headers = {
      ...options.headers,
      'x-auth-token': (await this.session.token()).id,
      'content-type': 'application/octet-stream',
    }
    const { contentLength } = options
    const secrets = [this.session.credentials.password]
    return upload(this.session.http, {
      method,
      url: await this.url(path),
      headers,
      body,
      contentLength,
      secrets,
    })
  }

  /** Sends a request and checks the JSON of its answer. */
  async json<T>(schema: z.ZodType<T>, method: Method, path: string, options: CallOptions = {}): Promise<T> {
    const request: HttpRequest = { method, url: await this.url(path), ...options }
    return checked(schema, request, await this.session.send(request))
  }
}

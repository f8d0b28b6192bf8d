import { once } from 'node:events'
import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { messageOf } from '../errors/index.js'
import { ApiError } from './api-error.js'
import { givenUp, refusal, type Http, type HttpAnswer } from './http.js'

export interface Upload {
  /** Default PUT. */
  method?: 'PUT' | 'POST'
  url: string
  headers: Record<string, string>
  body: Readable
  /** Announced length in bytes; without it the body goes in chunks and its end is its end. */
  contentLength?: number | undefined
}

/**
 * Sends a stream, once. When the stream ends before the announced length, the connection is ended there: that is how a
 * client that dies looks to a service.
 *
 * @throws ApiError for an error status, for no answer, and always for a body shorter than announced.
 */
export async function upload(
  http: Http,
  { method = 'PUT', url, headers, body, contentLength }: Upload,
): Promise<HttpAnswer> {
  const length = contentLength === undefined ? {} : { 'content-length': String(contentLength) }
  const { agent, signal, requestTimeout } = http
  const options = { method, agent, headers: { ...headers, ...length }, ...(signal && { signal }) }
  const request = httpRequest(url, options)
  // Not for the whole upload, which is as long as it is, but for a service that takes and says nothing.
  request.setTimeout(requestTimeout, () => request.destroy(new Error(`no progress in ${requestTimeout} ms`)))
  // A connection that is reset while the answer is read is told twice: here, and to whoever reads.
  request.on('error', () => undefined)
  const answered = answerOf(request)
  answered.catch(() => undefined)
  try {
    const sent = await write(request, body, answered)
    if (sent !== undefined && contentLength !== undefined && sent < contentLength) {
      throw new Error(
        `the body ended after ${sent} of ${contentLength} announced bytes: connection ended there`,
      )
    }
    request.end()
    const answer = await answered
    if (answer.status >= 400) throw refusal(method, url, answer)
    return answer
  } catch (error) {
    if (signal?.aborted) throw givenUp(method, url, signal)
    if (error instanceof ApiError) throw error
    throw new ApiError({ method, url, said: messageOf(error), cause: error })
  } finally {
    body.destroy()
    // Closes the connection; what was written has left before.
    request.destroy()
  }
}

/**
 * Writes the stream at the service's pace; the number of bytes written, or undefined when the service answered before
 * the end: then its answer counts, not the broken pipe behind it.
 */
async function write(
  request: ClientRequest,
  body: Readable,
  answered: Promise<HttpAnswer>,
): Promise<number | undefined> {
  const early = answered.then(() => true)
  early.catch(() => undefined)
  let sent = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    if (await Promise.race([flushed(request, chunk), early])) return undefined
    sent += chunk.length
  }
  return sent
}

/** Resolves with false when these bytes have left. */
function flushed(request: ClientRequest, chunk: Buffer): Promise<false> {
  return new Promise((resolve) => void request.write(chunk, () => resolve(false)))
}

async function answerOf(request: ClientRequest): Promise<HttpAnswer> {
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  const parts: Buffer[] = []
  for await (const part of response as AsyncIterable<Buffer>) parts.push(part)
  return { status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) }
}

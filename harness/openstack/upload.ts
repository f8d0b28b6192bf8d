import { once } from 'node:events'
import type { ClientRequest, IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { readBody, usualBody } from './body.js'
import { CallRecord } from './call-record.js'
import { isRefused, refusal, unanswered, type Http, type HttpAnswer } from './http.js'

export interface Upload {
  /** Default PUT. */
  method?: 'PUT' | 'POST'
  url: string
  headers: Record<string, string>
  body: Readable
  /** Announced length in bytes; without it the body goes in chunks and its end is its end. */
  contentLength?: number | undefined
  /** As of HttpRequest. */
  secrets?: readonly string[] | undefined
}

/**
 * Sends a stream, once. When the stream ends before the announced length, the connection is ended there: that is how a
 * client that dies looks to a service. It ends in any case: after `timeouts.upload` altogether, after `timeouts.request`
 * without a byte, or as long after the body without the whole answer.
 *
 * @throws ApiError for an error status, for no answer, and always for a body shorter than announced.
 */
export async function upload(
  http: Http,
  { method = 'PUT', contentLength, ...rest }: Upload,
): Promise<HttpAnswer> {
  const { url, body } = rest
  const length = contentLength === undefined ? {} : { 'content-length': String(contentLength) }
  const headers = { 'accept-encoding': 'identity', ...rest.headers, ...length }
  const asked = { method, url, headers, secrets: rest.secrets }
  const record = new CallRecord(http.timeline, asked)
  let answer: HttpAnswer
  try {
    const request = http.connections.request(url, {
      method,
      headers,
      ...(http.signal && { signal: http.signal }),
    })
    try {
      answer = await exchange(http, request, body, contentLength)
    } finally {
      // Closes the connection; what was written has left before.
      request.destroy()
    }
  } catch (error) {
    record.failed(error)
    throw unanswered(asked, error, http.signal)
  } finally {
    body.destroy()
  }
  record.answered(answer)
  if (isRefused(answer)) throw refusal(asked, answer)
  return answer
}

async function exchange(
  { requestTimeout, uploadTimeout }: Http,
  request: ClientRequest,
  body: Readable,
  contentLength: number | undefined,
): Promise<HttpAnswer> {
  // Whoever waits is told that the connection was closed; this is why.
  let reason: Error | undefined
  const end = (why: string): void => {
    reason ??= new Error(why)
    request.destroy(reason)
  }
  const endAfter = (time: number, missing: string): NodeJS.Timeout =>
    setTimeout(() => end(`${missing} in ${time} ms`), time)
  const timers = [endAfter(uploadTimeout, 'the upload was not done')]
  // Not for the whole upload, which is as long as it is, but for a service that takes and says nothing.
  request.setTimeout(requestTimeout, () => end(`no progress in ${requestTimeout} ms`))
  // A connection that is reset while the answer is read is told twice: here, and to whoever reads.
  request.on('error', () => undefined)
  const answered = answerOf(request)
  const written = write(request, body)
  for (const promise of [answered, written]) promise.catch(() => undefined)
  try {
    // When the service answers before the end, its answer counts, not the broken pipe behind it.
    const first = await Promise.race([answered, written])
    if (typeof first !== 'number') return first
    if (contentLength !== undefined && first < contentLength) {
      throw new Error(
        `the body ended after ${first} of ${contentLength} announced bytes: connection ended there`,
      )
    }
    request.end()
    // A service that drips its answer makes progress for ever.
    timers.push(endAfter(requestTimeout, 'there was no whole answer'))
    return await answered
  } catch (error) {
    throw reason ?? error
  } finally {
    timers.forEach(clearTimeout)
  }
}

/** Writes the stream at the service's pace; the number of bytes written. */
async function write(request: ClientRequest, body: Readable): Promise<number> {
  let sent = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    await new Promise((resolve) => request.write(chunk, resolve))
    sent += chunk.length
  }
  return sent
}

async function answerOf(request: ClientRequest): Promise<HttpAnswer> {
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  const body = await readBody(response, usualBody)
  return { status: response.statusCode ?? 0, headers: response.headers, body }
}

import type { IncomingMessage } from 'node:http'

/** MiB of an answer in memory: what an API says of a thousand resources, with room. */
export const usualBody = 4
/** MiB of an image's or an object's data, which whoever asks for it wants in memory. */
export const dataBody = 512
/** Bytes of a body that are looked at when it is to say what went wrong. */
const failureBody = 64 * 1024

/** Why an answer was not read to its end. */
export function tooLong(limit: number): Error {
  return Object.assign(new Error(`the answer has more than ${limit} MiB`), { code: 'ANSWER_TOO_LONG' })
}

/** The body of an answer of at most `limit` MiB; of a longer one the connection is closed. */
export async function readBody(response: IncomingMessage, limit: number): Promise<Buffer> {
  const parts: Buffer[] = []
  let length = 0
  for await (const part of response as AsyncIterable<Buffer>) {
    length += part.length
    if (length > limit * 1024 * 1024) throw tooLong(limit)
    parts.push(part)
  }
  return Buffer.concat(parts)
}

/**
 * The beginning of a body as a text, to find a reason in. None is asked to be compressed (`accept-encoding: identity`), so none
 * is decompressed: 300 KB of gzip can be 300 MB.
 */
export function failureText(answer: {
  headers: Record<string, string | string[] | undefined>
  body: Buffer
}): string {
  const encoding = answer.headers['content-encoding'] ?? 'identity'
  if (encoding !== 'identity') return `a body that is encoded as ${String(encoding)}, which was not asked for`
  return answer.body.subarray(0, failureBody).toString('utf8')
}

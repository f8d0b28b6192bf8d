import { request, type IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { endsWaits, messageOf, StackrigError } from '../../errors/index.js'
import type { Condition } from '../condition.js'

/** Opens a TCP connection to a port of a node, as `cluster.dial` does. */
export type Dial = (host: string, port: number) => Promise<Socket>

// ms; one request may take so long.
const oneTry = 120_000

/**
 * GET of the URL is answered with that status, default 200, and with a body that matches, when a pattern is given; its value:
 * the body. Redirections are answers.
 * @throws StackrigError USAGE when the URL is not http.
 */
export function http(
  dial: Dial,
  url: string,
  { status = 200, body: pattern }: { status?: number; body?: RegExp } = {},
): Condition<string> {
  if (!/^http:/.test(url))
    throw new StackrigError('USAGE', 'the URL of a condition must begin with http:', { seen: url })
  return {
    what: `${url} to answer ${status}${pattern ? ` with ${String(pattern)}` : ''}`,
    interval: '1s',
    async probe({ signal, timeLeft }) {
      const late = AbortSignal.timeout(Math.min(oneTry, timeLeft))
      let answer: { status: number | undefined; body: string }
      try {
        answer = await get(dial, url, AbortSignal.any([signal, late]))
      } catch (error) {
        // To refuse a connection, or to be silent, is an answer here.
        if (signal.aborted || !(late.aborted || !endsWaits(error))) throw error
        return { done: false, seen: late.aborted ? 'no answer' : messageOf(error) }
      }
      if (answer.status !== status)
        return { done: false, seen: `status ${answer.status}: ${start(answer.body)}` }
      if (!pattern || answer.body.search(pattern) >= 0) return { done: true, value: answer.body }
      return { done: false, seen: `another body: ${start(answer.body)}` }
    },
  }
}

async function get(
  dial: Dial,
  url: string,
  signal: AbortSignal,
): Promise<{ status: number | undefined; body: string }> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const createConnection = (_: unknown, done: (error: Error | null, socket: Socket) => void): undefined => {
      const { hostname, port } = new URL(url)
      dial(hostname, Number(port || 80)).then(
        (socket) => done(null, socket),
        // node:http looks at the stream only when there is no error.
        (error: unknown) => done(error as Error, undefined as unknown as Socket),
      )
    }
    request(url, { createConnection, signal, headers: { connection: 'close' } })
      .on('response', resolve)
      .on('error', reject)
      .end()
  })
  return { status: response.statusCode, body: (await buffer(response)).toString() }
}

const start = (body: string): string => body.trim().slice(0, 200)

// A server of node:http that answers recorded exchanges and refuses all else: it stands for APIs of 2013, which cannot be installed.
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { isDeepStrictEqual } from 'node:util'
import type { Dial } from '../agent.js'

interface Message {
  /** `POST http://controller:5000/v2.0/tokens`, or `HTTP/1.1 200`. */
  line: string
  headers: [name: string, value: string][]
  body: string
}

interface Exchange {
  request: Message
  answer: Message
}

export interface RecordedPeer extends AsyncDisposable {
  /** Leads every host and port to the server. */
  dial: Dial
  /** The requests that were answered, as `METHOD URL`, in order. */
  asked: string[]
}

/**
 * Serves the exchanges of `*.http` files beside the tests. A request is answered when method, address, body and the
 * recorded headers are the same; otherwise with 501, and a body that says what was asked.
 */
export async function recordedPeer(...files: string[]): Promise<RecordedPeer> {
  const exchanges = files.flatMap((file) =>
    exchangesIn(readFileSync(new URL(`../${file}`, import.meta.url), 'utf8')),
  )
  const asked: string[] = []
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const body = Buffer.concat(parts).toString()
      const line = `${request.method} http://${request.headers.host}${request.url}`
      const found = exchanges.find((exchange) => isThat(exchange.request, line, request, body))
      if (!found) return void response.writeHead(501).end(`not recorded: ${line} ${body}`)
      asked.push(line)
      const status = Number(found.answer.line.split(' ')[1])
      response.writeHead(status, Object.fromEntries(found.answer.headers)).end(found.answer.body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    asked,
    dial: () =>
      new Promise((resolve, reject) => {
        const socket = connect(port, '127.0.0.1')
        socket.once('connect', () => resolve(socket)).once('error', reject)
      }),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** The exchanges of a text; comments begin with `#`, and `###` is between exchanges. */
function exchangesIn(text: string): Exchange[] {
  return text
    .split(/^###.*$/m)
    .map((part) => part.replace(/^#.*$/gm, '').trim())
    .filter((part) => part !== '')
    .map((part) => {
      const [request = '', answer = ''] = part.split(/^(?=HTTP\/1\.1 \d+)/m)
      return { request: message(request), answer: message(answer) }
    })
}

function message(text: string): Message {
  const [head = '', ...body] = text.trim().split('\n\n')
  const [line = '', ...headers] = head.split('\n')
  return {
    line,
    headers: headers.map((header) => {
      const [name = '', ...value] = header.split(': ')
      return [name.toLowerCase(), value.join(': ')]
    }),
    body: body.join('\n\n'),
  }
}

function isThat(recorded: Message, line: string, request: IncomingMessage, body: string): boolean {
  const headers = recorded.headers.every(([name, value]) => request.headers[name] === value)
  return line === recorded.line && headers && isDeepStrictEqual(content(recorded.body), content(body))
}

/** JSON as what it says, all else as it is. */
function content(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return body
  }
}

import { request } from 'node:http'
import type { Socket } from 'node:net'
import { StackrigError } from '../errors/index.js'

/** Asks the agent on this socket; see agent.mjs for what it answers. */
export function askAgent<T>(
  socketPath: string,
  what: string,
  body: unknown,
  signal?: AbortSignal,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const post = request(
      { socketPath, path: `/${what}`, method: 'POST', agent: false, signal },
      (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => (text += chunk))
        response.on('error', reject)
        response.on('end', () => {
          const answer = JSON.parse(text) as T & { error?: string }
          if (response.statusCode === 200) resolve(answer)
          else
            reject(new StackrigError('SANDBOX_DIED', `the sandbox could not ${what}`, { seen: answer.error }))
        })
      },
    )
    post.on('error', reject)
    post.end(JSON.stringify(body))
  })
}

/**
 * A TCP connection to host:port inside the sandbox (RFC 9110, 9.3.6, CONNECT).
 * Rejects with an error that has the `code` the connection inside had, as ECONNREFUSED.
 */
export function tunnel(socketPath: string, host: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const path = `${host}:${String(port)}`
    const connect = request({ socketPath, path, method: 'CONNECT', agent: false })
    connect.on('connect', (response, socket, head) => {
      if (response.statusCode === 200) {
        // What the service said first came together with the agent's answer.
        if (head.length > 0) socket.unshift(head)
        resolve(socket)
        return
      }
      const code = response.statusMessage ?? 'ECONNRESET'
      socket.destroy()
      reject(Object.assign(new Error(`connect ${code} ${path}`), { code }))
    })
    connect.on('error', reject)
    connect.end()
  })
}

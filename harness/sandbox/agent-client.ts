import { request } from 'node:http'
import type { Socket } from 'node:net'
import { hostFault, messageOf, StackrigError, systemCode } from '../errors/index.js'

/** More than the agent ever answers. */
const longestAnswer = 64 * 1024

/**
 * Asks the agent on this socket; see agent.mjs for what it answers.
 * @param limits.timeout ms.
 * @throws StackrigError SANDBOX_DIED when it does not answer in time, or refuses; HOST_LIMIT.
 */
export async function askAgent<T>(
  socketPath: string,
  what: string,
  body: unknown,
  { timeout, signal }: { timeout: number; signal?: AbortSignal | undefined },
): Promise<T> {
  const wanted = `the sandbox must ${what}`
  const late = AbortSignal.timeout(timeout)
  const text = await post(socketPath, what, body, signal ? AbortSignal.any([signal, late]) : late).catch(
    (error: unknown) => {
      signal?.throwIfAborted()
      const seen = late.aborted ? `no answer in ${timeout} ms` : messageOf(error)
      if (['EMFILE', 'ENFILE'].includes(systemCode(error))) throw hostFault(error, wanted, socketPath)
      throw new StackrigError('SANDBOX_DIED', wanted, { where: socketPath, seen, cause: error })
    },
  )
  return JSON.parse(text) as T
}

function post(socketPath: string, what: string, body: unknown, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request(
      { socketPath, path: `/${what}`, method: 'POST', agent: false, signal },
      (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => {
          text += chunk
          if (text.length > longestAnswer) asked.destroy(new Error('its answer is too long'))
        })
        response.on('error', reject)
        response.on('end', () => {
          if (response.statusCode === 200) resolve(text)
          else reject(new Error(text))
        })
      },
    )
    asked.on('error', reject)
    asked.end(JSON.stringify(body))
  })
}

/**
 * A TCP connection to host:port inside the sandbox (RFC 9110, 9.3.6, CONNECT).
 * Rejects with an error that has the `code` the connection inside had, as ECONNREFUSED; ETIMEDOUT after `timeout`, ms.
 * @throws StackrigError OUTSIDE_SANDBOX for a host that is not of the topology.
 */
export function tunnel(socketPath: string, host: string, port: number, timeout: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const path = `${host.includes(':') ? `[${host}]` : host}:${String(port)}`
    const failed = (code: string): Error => Object.assign(new Error(`connect ${code} ${path}`), { code })
    const timer = setTimeout(() => connect.destroy(failed('ETIMEDOUT')), timeout)
    const connect = request({ socketPath, path, method: 'CONNECT', agent: false })
    connect.on('connect', (response, socket, head) => {
      clearTimeout(timer)
      if (response.statusCode === 200) {
        // What the service said first came together with the agent's answer.
        if (head.length > 0) socket.unshift(head)
        resolve(socket)
        return
      }
      socket.destroy()
      const code = response.statusMessage ?? 'ECONNRESET'
      reject(response.statusCode === 403 ? outside(path) : failed(code))
    })
    connect.on('error', (error) => {
      clearTimeout(timer)
      reject(error)
    })
    connect.end()
  })
}

function outside(where: string): StackrigError {
  return new StackrigError('OUTSIDE_SANDBOX', 'connections must go to hosts of the topology', {
    where,
    seen: 'no node has that name or address',
    next: 'look who named that host: an endpoint in the catalogue, or a redirect',
  })
}

import { createServer, type RequestListener } from 'node:http'
import { once } from 'node:events'
import { connect, type AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { aLook } from '../testing/looks.js'
import { http, type Dial } from './http.js'

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

/** A dial that leads every host and port to a server on loopback, and what it was asked for. */
async function serve(handler: RequestListener): Promise<{ dial: Dial; dialled: string[] }> {
  const server = createServer(handler).listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(() => server.close().closeAllConnections())
  const dialled: string[] = []
  const dial: Dial = async (host, wanted) => {
    dialled.push(`${host}:${wanted}`)
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
    await once(socket, 'connect')
    return socket
  }
  return { dial, dialled }
}

test('the status counts, and the body when a pattern is given', async () => {
  const { dial, dialled } = await serve((request, response) => {
    response.statusCode = request.url === '/login?next=1' ? 200 : 503
    response.end('Horizon')
  })
  const url = 'http://controller:8080/login?next=1'
  const login = http(dial, url)
  expect(login.what).toBe(`${url} to answer 200`)
  expect(await login.probe(aLook())).toEqual({ done: true, value: 'Horizon' })
  expect(await http(dial, 'http://controller/').probe(aLook())).toEqual({
    done: false,
    seen: 'status 503: Horizon',
  })
  expect(dialled).toEqual(['controller:8080', 'controller:80'])
  expect(await http(dial, 'http://controller/', { status: 503 }).probe(aLook())).toMatchObject({ done: true })
  expect(await http(dial, url, { body: /^Hor/ }).probe(aLook())).toMatchObject({ done: true })
  expect(await http(dial, url, { body: /Swift/ }).probe(aLook())).toEqual({
    done: false,
    seen: 'another body: Horizon',
  })
})

test('a refused connection, and a server that says nothing, are answers too', async () => {
  const refused: Dial = () =>
    Promise.reject(Object.assign(new Error('connect ECONNREFUSED controller:80'), { code: 'ECONNREFUSED' }))
  expect(await http(refused, 'http://controller/').probe(aLook())).toEqual({
    done: false,
    seen: 'connect ECONNREFUSED controller:80',
  })
  const { dial } = await serve(() => undefined)
  expect(await http(dial, 'http://controller/').probe(aLook(100))).toEqual({ done: false, seen: 'no answer' })
})

test('a defect is not', async () => {
  const broken: Dial = () => Promise.reject(new TypeError('x is undefined'))
  await expect(http(broken, 'http://controller/').probe(aLook())).rejects.toThrow(TypeError)
  expect(() => http(broken, 'controller:80')).toThrow(/must begin with http:/)
})

test('a request ends with its wait', async () => {
  const { dial } = await serve(() => undefined)
  const over = new AbortController()
  const look = http(dial, 'http://controller/').probe({ signal: over.signal, timeLeft: 60_000 })
  setTimeout(() => over.abort(), 20)
  await expect(look).rejects.toThrow()
})

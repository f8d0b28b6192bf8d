import { createServer } from 'node:net'
import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { errorCodes } from './codes.js'
import { endsWaits } from './ends-waits.js'
import { StackrigError } from './error.js'

/** What really is thrown. */
const thrownBy = async (act: () => unknown): Promise<unknown> => {
  try {
    await act()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

/** A port of loopback that nobody listens on. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address ? address.port : 0
}

test('what may be better a moment later is outlived, and nothing else', () => {
  const outlived = errorCodes.filter((code) => !endsWaits(new StackrigError(code, 'x')))
  expect(outlived.toSorted()).toEqual([
    'API_FAILED',
    'COMMAND_FAILED',
    'NODE_HELD',
    'QMP_FAILED',
    'SERVICE_DOWN',
    'SHELL_LOST',
    'WAIT_TIMEOUT',
  ])
})

test('a defect of the probe ends the wait', async () => {
  const nothing = undefined as unknown as { name: string }
  expect(endsWaits(await thrownBy(() => nothing.name))).toBe(true)
  expect(endsWaits(await thrownBy(() => JSON.parse('{') as unknown))).toBe(true)
  expect(endsWaits(await thrownBy(() => new Array<string>(-1)))).toBe(true)
  // Node gives these a code too, as ERR_INVALID_ARG_TYPE.
  expect(endsWaits(await thrownBy(() => readFile(undefined as unknown as string)))).toBe(true)
  expect(endsWaits(new Error('not what I want'))).toBe(true)
  expect(endsWaits('a word')).toBe(true)
})

test('what the system or the network refuses is outlived', async () => {
  const url = `http://127.0.0.1:${await closedPort()}/`
  const refused = await thrownBy(() => fetch(url))
  expect(refused).toBeInstanceOf(TypeError)
  expect(endsWaits(refused)).toBe(false)
  expect(endsWaits(await thrownBy(() => readFile('/no/such/file')))).toBe(false)
  const late = await thrownBy(() => fetch(url, { signal: AbortSignal.timeout(0) }))
  expect(endsWaits(late)).toBe(false)
  // An address that is none is the author's.
  expect(endsWaits(await thrownBy(() => fetch('no address')))).toBe(true)
})

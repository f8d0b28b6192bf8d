import { describe, expect, it } from 'vitest'
import { ApiError } from './api-error.js'
import { become, deleted, resource, type Fresh } from './resource.js'

interface Fields {
  id: string
  name: string
  status: string
}

/** A resource that goes through these states, one with each refresh; at the end it is gone. */
function through(states: string[], failure?: string): Fresh<Fields> {
  const [status = '', ...rest] = states
  const gone = new ApiError({ method: 'GET', url: 'http://controller/x', status: 404, said: 'no such thing' })
  return resource('thing', { id: '1', name: 'it', status }, status === 'ERROR' ? failure : undefined, () =>
    rest.length === 0 ? Promise.reject(gone) : Promise.resolve(through(rest, failure)),
  )
}

/** The same object changes its refresh, as one that is asked again and again. */
function living(states: string[], failure?: string): Fresh<Fields> {
  let now = through(['BUILD', ...states], failure)
  return resource('thing', { id: '1', name: 'it', status: 'BUILD' }, undefined, async () => {
    now = await now.refresh()
    return now
  })
}

const wait = { timeout: '2s', interval: 1 } as const

describe('become', () => {
  it('gives the resource as it is when it is there, whatever the case', async () => {
    expect(await become(living(['BUILD', 'BUILD', 'ACTIVE']), 'active', wait)).toMatchObject({
      status: 'ACTIVE',
    })
  })

  it('fails at once with the reason when the resource fails', async () => {
    const server = living(['BUILD', 'ERROR', 'ERROR'], 'No valid host was found')
    await expect(become(server, 'ACTIVE', wait)).rejects.toMatchObject({
      code: 'UNEXPECTED_STATE',
      message: expect.stringMatching(
        /thing it \(1\) to become ACTIVE, which can no longer happen\n[\s\S]*ERROR: No valid host was found/,
      ) as string,
    })
  })

  it('may wait for the failure', async () => {
    expect(await become(living(['ERROR'], 'why'), 'ERROR', wait)).toMatchObject({ failure: 'why' })
  })

  it('fails at once when the resource is gone', async () => {
    await expect(become(living(['BUILD']), 'ACTIVE', wait)).rejects.toMatchObject({
      code: 'UNEXPECTED_STATE',
    })
  })

  it('says what it last saw when the time is over', async () => {
    const still: Fresh<Fields> = resource('thing', { id: '1', name: 'it', status: 'BUILD' }, undefined, () =>
      Promise.resolve(still),
    )
    await expect(become(still, 'ACTIVE', { timeout: '30ms', interval: 1 })).rejects.toMatchObject({
      code: 'WAIT_TIMEOUT',
      message: expect.stringContaining('status BUILD') as string,
    })
  })
})

describe('deleted', () => {
  it('waits for 404', async () => {
    await deleted(living(['ACTIVE', 'ERROR']), wait)
  })
})

describe('resource', () => {
  it('keeps refresh out of prints and comparisons', () => {
    expect(Object.keys(through(['ACTIVE']))).toEqual(['kind', 'id', 'name', 'status', 'failure'])
  })
})

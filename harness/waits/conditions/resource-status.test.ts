import { expect, test } from 'vitest'
import { aLook } from '../testing/looks.js'
import { resourceStatus } from './resource-status.js'

const gone = Object.assign(new Error('404'), { status: 404 })
const image = (now: { status: string; failure: string | undefined } | Error) => ({
  kind: 'image',
  id: '1',
  name: 'guest',
  refresh: () => (now instanceof Error ? Promise.reject(now) : Promise.resolve(now)),
})

test('the status counts, in upper or lower case', async () => {
  const active = { status: 'active', failure: undefined }
  const condition = resourceStatus(image(active), 'ACTIVE')
  expect(condition.what).toBe('image guest (1) to become ACTIVE')
  expect(await condition.probe(aLook())).toEqual({ done: true, value: active })
  const saving = { status: 'saving', failure: undefined }
  expect(await resourceStatus(image(saving), 'active').probe(aLook())).toEqual({
    done: false,
    seen: 'status saving',
  })
})

test('one that failed or is gone cannot get there; one may wait for the failure', async () => {
  const killed = { status: 'killed', failure: 'no space' }
  expect(await resourceStatus(image(killed), 'active').probe(aLook())).toEqual({
    impossible: 'killed: no space',
  })
  expect(await resourceStatus(image(killed), 'killed').probe(aLook())).toMatchObject({ done: true })
  expect(await resourceStatus(image(gone), 'active').probe(aLook())).toEqual({ impossible: 'it is gone' })
})

test('a service that does not answer says nothing', async () => {
  const late = new Error('503')
  await expect(resourceStatus(image(late), 'active').probe(aLook())).rejects.toBe(late)
})

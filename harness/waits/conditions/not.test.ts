import { expect, test } from 'vitest'
import { StackrigError } from '../../errors/index.js'
import { absent, aLook, finding, there } from '../testing/looks.js'
import { not } from './not.js'

test('what is not there, or cannot be, is the contrary', async () => {
  expect(not(finding(there)).what).toBe('the contrary of it')
  expect(await not(finding(there)).probe(aLook())).toEqual({ done: false, seen: 'it is still so' })
  expect(await not(finding(absent())).probe(aLook())).toEqual({ done: true, value: undefined })
  expect(await not(finding({ impossible: 'failed' })).probe(aLook())).toEqual({
    done: true,
    value: undefined,
  })
})

test('a look without an answer proves nothing', async () => {
  const unanswered = () => Promise.reject(new StackrigError('API_FAILED', 'no answer'))
  await expect(not(finding(unanswered)).probe(aLook())).rejects.toThrow('no answer')
})

test('interval and signal are those of the condition', () => {
  const signal = new AbortController().signal
  expect(not({ ...finding(there), interval: '2s', signal })).toMatchObject({ interval: '2s', signal })
})

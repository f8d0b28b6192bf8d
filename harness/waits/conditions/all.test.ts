import { expect, test } from 'vitest'
import { StackrigError } from '../../errors/index.js'
import { absent, aLook, finding, there } from '../testing/looks.js'
import { all } from './all.js'

const unanswered = () => Promise.reject(new StackrigError('API_FAILED', 'no answer'))

test('all in one look, with their values in order', async () => {
  const two = all(finding({ done: true, value: 1 }), finding({ done: true, value: 'b' }))
  expect(two.what).toBe('it and it')
  expect(await two.probe(aLook())).toEqual({ done: true, value: [1, 'b'] })
})

test('all that is missing is told', async () => {
  const some = all(finding(absent('one')), finding(there), finding(absent('two')))
  expect(await some.probe(aLook())).toEqual({ done: false, seen: 'one; two' })
})

test('one that is impossible answers for all, and so does one that surely is not there', async () => {
  expect(await all(finding(absent()), finding({ impossible: 'failed' })).probe(aLook())).toEqual({
    impossible: 'failed',
  })
  expect(await all(finding(absent('one')), finding(unanswered)).probe(aLook())).toEqual({
    done: false,
    seen: 'one; no answer',
  })
})

test('a look without an answer is none', async () => {
  await expect(all(finding(there), finding(unanswered)).probe(aLook())).rejects.toThrow('no answer')
  const defect = () => Promise.reject(new TypeError('x is undefined'))
  await expect(all(finding(absent()), finding(defect)).probe(aLook())).rejects.toThrow(TypeError)
})

test('the longest interval, the events and the signals are those of all', () => {
  const gone = new AbortController()
  let watched = 0
  const watch = (): void => {
    watched++
  }
  const both = all(
    { ...finding(there), interval: '2s', watch },
    { ...finding(there), interval: 10, watch, signal: gone.signal },
  )
  expect(both.interval).toBe(2000)
  both.watch?.(aLook(), () => undefined)
  expect(watched).toBe(2)
  gone.abort(new Error('gone'))
  expect(both.signal?.reason).toMatchObject({ message: 'gone' })
})

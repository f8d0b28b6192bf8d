import { expect, test } from 'vitest'
import { StackrigError } from '../../errors/index.js'
import { absent, aLook, finding, there } from '../testing/looks.js'
import { any } from './any.js'

const hanging = () => new Promise<never>(() => undefined)
const unanswered = () => Promise.reject(new StackrigError('API_FAILED', 'no answer'))

test('whichever is there, and the slowest does not hold it up', async () => {
  expect(any(finding(there), finding(there)).what).toBe('it or it')
  expect(await any(finding(absent()), finding(there)).probe(aLook())).toEqual(there)
  expect(await any(finding<string>(hanging), finding(there)).probe(aLook())).toEqual(there)
  expect(await any(finding<string>(unanswered), finding(there)).probe(aLook())).toEqual(there)
})

test('of none everything is told', async () => {
  expect(await any(finding(absent('one')), finding(absent('two'))).probe(aLook())).toEqual({
    done: false,
    seen: 'one; two',
  })
})

test('it is impossible when all are', async () => {
  const failed = { impossible: 'failed' }
  expect(await any(finding(failed), finding(absent('two'))).probe(aLook())).toEqual({
    done: false,
    seen: 'failed; two',
  })
  expect(await any(finding(failed), finding(failed)).probe(aLook())).toEqual({ impossible: 'failed; failed' })
})

test('an error is no answer, and a defect comes before it', async () => {
  await expect(any(finding(absent()), finding(unanswered)).probe(aLook())).rejects.toThrow('no answer')
  const defect = () => Promise.reject(new TypeError('x is undefined'))
  await expect(any(finding(unanswered), finding(defect)).probe(aLook())).rejects.toThrow(TypeError)
})

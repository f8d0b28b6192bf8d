import { describe, expect, test } from 'vitest'
import { nextTest } from './next-scenario.js'

describe('tests of this very file', () => {
  test('the next one is that of the next group when this is the last of its own', ({ task }) => {
    expect(nextTest(task)?.name).toBe('here')
  })
  test.skip('one that does not run', () => undefined)
})

describe('another group', () => {
  test('here', ({ task }) => {
    expect(nextTest(task)?.name).toBe('the last')
  })
  test.todo('one that is not written')
})

test('the last', ({ task }) => {
  expect(nextTest(task)).toBeUndefined()
})

// The cloud here is a function: it tests what becomes of answers, not OpenStack.
import { expect, test } from 'vitest'
import { aLook } from '../testing/looks.js'
import { apiAnswer } from './api-answer.js'

test('an answer that has the text is the value, another one is what was seen', async () => {
  const asked: string[] = []
  const cloud = {
    request: (type: 'compute', method: string, path: string) => {
      asked.push(`${method} ${type}${path}`)
      return Promise.resolve({ text: asked.length === 1 ? '{"status":"BUILD"}' : '{"status":"ERROR"}' })
    },
  }
  const condition = apiAnswer(cloud, 'compute', '/servers/1', /"ERROR"/)
  expect(condition.what).toBe('compute/servers/1 to say /"ERROR"/')
  expect(await condition.probe(aLook())).toEqual({ done: false, seen: '{"status":"BUILD"}' })
  expect(await condition.probe(aLook())).toEqual({ done: true, value: '{"status":"ERROR"}' })
  expect(asked).toEqual(['GET compute/servers/1', 'GET compute/servers/1'])
})

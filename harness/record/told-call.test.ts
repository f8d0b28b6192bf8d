import { expect, test } from 'vitest'
import { toldCall } from './told-call.js'

const told = (more: object): string =>
  JSON.stringify({
    ...{ method: 'POST', url: 'http://controller:5000/v3/users', began: 1, ended: 2, status: 201 },
    ...{ type: 'application/json', sent: '{}', size: 2, answerType: 'application/json', answer: '{}' },
    ...more,
  })

test('of a call for a token nothing is kept but that it was made', () => {
  const sent = JSON.stringify({ auth: { identity: { password: { user: { password: 'secret word' } } } } })
  const line = told({
    url: 'http://controller:5000/v3/auth/tokens',
    sent,
    answer: '{"token":{"catalog":[]}}',
  })
  expect(toldCall(line)).toEqual({
    ...{ kind: 'call', method: 'POST', url: 'http://controller:5000/v3/auth/tokens' },
    ...{ began: 1, ended: 2, status: 201 },
  })
  expect(toldCall(told({ url: 'http://controller:5000/v2.0/tokens/abcdef' }))?.url).toBe(
    'http://controller:5000/v2.0/tokens/***',
  )
})

test('passwords, secrets and tokens are masked, wherever they stand', () => {
  const json = { user: { name: 'demo', password: 'secret word', list: [{ adminPass: 'secret word' }] } }
  const token = `gAAAAA${'x'.repeat(40)}`
  const line = told({ sent: JSON.stringify(json), answer: JSON.stringify({ said: `token ${token}` }) })
  const note = toldCall(line)
  expect(note?.json).toEqual({ user: { name: 'demo', password: '***', list: [{ adminPass: '***' }] } })
  expect(JSON.stringify(note)).not.toMatch(/secret word|gAAAA/)
  expect(toldCall(told({ answer: `no JSON, ${token}` }))?.answer).toBe('no JSON, ***')
})

test('what is no call is none', () => {
  for (const line of ['', '{}', '{"port":1}', '[]', 'null', told({ method: 1 })])
    expect(toldCall(line)).toBeUndefined()
})

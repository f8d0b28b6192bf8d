import { expect, test } from 'vitest'
import { LongTests } from './long-tests.js'
import { InnerRun } from './testing/inner-run.js'

test('what lasts is told of, with the time it began, again after a while, and no more when it is over', async () => {
  await using inner = await InnerRun.of({
    'a.test.ts': [
      "import { beforeAll, test } from 'vitest'",
      'const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms))',
      'beforeAll(() => wait(600))',
      "test('is quick', () => undefined)",
      "test.concurrent('lasts', () => wait(3000))",
      // Vitest 4.1 may keep what a worker says until it has more to say: its throttle loses a call that comes in the very ms.
      "test.concurrent('ends beside it', () => wait(400))",
    ],
  })
  const lines: string[] = []
  await inner.start({ beside: new LongTests({ write: (line) => lines.push(line), first: 200, again: 500 }) })
  const said = lines.length
  expect(lines.map((line) => line.replace(/\d\d:\d\d:\d\d/, 'T').replace(/\d+\.\d\d s/, 'D'))).toEqual(
    expect.arrayContaining([
      'running since T: a.test.ts: lasts',
      'still running since T (D): a.test.ts: lasts',
    ]),
  )
  expect(lines.join()).not.toContain('is quick')
  await new Promise((resolve) => setTimeout(resolve, 700))
  expect(lines).toHaveLength(said)
})

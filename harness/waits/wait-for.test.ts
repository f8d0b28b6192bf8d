import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { StackrigError } from '../errors/index.js'
import { absent, finding, there } from './testing/looks.js'
import { waitFor } from './wait-for.js'

// Far beyond what anything here takes.
const long = 60_000
const failing = (error: Error) => () => Promise.reject(error)
const hanging = () => new Promise<never>(() => undefined)

/** What a wait ended with, and how long it took, ms. */
async function failureOf(
  wait: Promise<unknown>,
): Promise<{ error: Error & { code?: string }; took: number }> {
  const started = performance.now()
  const error = await wait.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof Error)) throw new Error('the wait must fail')
  return { error, took: performance.now() - started }
}

test('a wait looks again until the condition is met, and gives its value', async () => {
  const condition = finding(absent(), absent(), there)
  expect(await waitFor(condition, { timeout: long })).toBe('a value')
  expect(condition.looks).toHaveLength(3)
})

describe('time', () => {
  test('a wait that is over tells everything distinct that was seen, with its time', async () => {
    const condition = finding(absent('BUILD'), absent('BUILD'), absent('REBUILD'))
    const { error } = await failureOf(waitFor(condition, { timeout: 200 }))
    expect(error.code).toBe('WAIT_TIMEOUT')
    expect(error.message).toMatch(
      /^waited 0\.20 s for it\n {2}seen: {2}(after|from) 0\.0.*: BUILD\n +from 0\.\d\d s to 0\.[12]\d s: REBUILD$/,
    )
  })

  test('a look that hangs is told, and does not outlast the wait', async () => {
    const { error, took } = await failureOf(waitFor(finding(absent('BUILD'), hanging), { timeout: 100 }))
    expect(error.message).toMatch(/BUILD[\s\S]*no answer to a look that had begun 0\.\d\d s before/)
    expect(took).toBeLessThan(long / 10)
  })

  test('garbage that is collected meanwhile does not take the time-out with it', async () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const collecting = setInterval(collect, 20)
    const outside = new AbortController()
    const wait = waitFor(finding(absent(), hanging), { timeout: 300, signal: outside.signal })
    await expect(wait.finally(() => clearInterval(collecting))).rejects.toMatchObject({
      code: 'WAIT_TIMEOUT',
    })
  })

  test('a look knows how much of it is left', async () => {
    const condition = finding(absent(), absent(), there)
    await waitFor(condition, { timeout: long, interval: 20 })
    const left = condition.looks.map(({ timeLeft }) => timeLeft)
    expect(left[0]).toBeGreaterThan(0.9 * long)
    expect(left).toEqual(left.toSorted((one, other) => other - one))
    expect(new Set(left).size).toBe(3)
  })

  test('the interval is the condition’s, unless the wait has one, and grows with looks that take long', async () => {
    const slow = () =>
      new Promise<{ done: false; seen: string }>((resolve) => {
        setTimeout(() => resolve(absent('slow')), 100)
      })
    const condition = finding(slow)
    await failureOf(waitFor(condition, { timeout: 500 }))
    // 100 ms of looking, 200 ms of rest.
    expect(condition.looks.length).toBeLessThan(4)
    const often = finding(absent())
    await failureOf(waitFor(often, { timeout: 300, interval: 200 }))
    expect(often.looks).toHaveLength(2)
  })

  test('a time-out that is none is refused', async () => {
    await expect(waitFor(finding(there), { timeout: '5 minutes' as '5min' })).rejects.toThrow(RangeError)
  })

  test('the diagnosis is asked once, and its own failure is told', async () => {
    let asked = 0
    const diagnose = () => Promise.resolve(`diagnosis ${++asked}`)
    const { error } = await failureOf(waitFor(finding(absent()), { timeout: 50, diagnose }))
    expect(error.message).toContain('diagnosis 1')
    const broken = await failureOf(
      waitFor(finding(absent()), { timeout: 50, diagnose: failing(new Error('gone')) }),
    )
    expect(broken.error.message).toContain('no diagnosis: gone')
  })
})

describe('an error in a look', () => {
  test('that a later one can mend is among what was seen', async () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
    const failed = new StackrigError('COMMAND_FAILED', 'it must succeed')
    const condition = finding(failing(refused), failing(failed), there)
    expect(await waitFor(condition, { timeout: long })).toBe('a value')
    const { error } = await failureOf(waitFor(finding(failing(refused), failing(failed)), { timeout: 50 }))
    expect(error.message).toMatch(/ECONNREFUSED[\s\S]*it must succeed/)
    expect(error.cause).toBe(failed)
  })

  test('is not the cause of the time-out when a later look was answered', async () => {
    const failed = new StackrigError('API_FAILED', 'no answer')
    const { error } = await failureOf(waitFor(finding(failing(failed), absent()), { timeout: 50 }))
    expect(error.cause).toBeUndefined()
  })

  test.each([
    new TypeError('x is not a function'),
    new StackrigError('NODE_CRASHED', 'node one must run'),
    new StackrigError('USAGE', 'no such thing'),
  ])('ends the wait at once when none can: %s', async (wrong) => {
    const { error, took } = await failureOf(waitFor(finding(absent(), failing(wrong)), { timeout: long }))
    expect(error).toBe(wrong)
    expect(took).toBeLessThan(long / 10)
  })
})

describe('a wait ends at once', () => {
  test('when its goal cannot be reached any more, and tells how it came to that', async () => {
    const condition = finding(absent('BUILD'), { impossible: 'ERROR: no valid host' })
    const { error, took } = await failureOf(waitFor(condition, { timeout: long }))
    expect(error.code).toBe('UNEXPECTED_STATE')
    expect(error.message).toMatch(/for it, which can no longer happen[\s\S]*BUILD[\s\S]*ERROR: no valid host/)
    expect(took).toBeLessThan(long / 10)
    const down = finding({ impossible: 'x is failed', code: 'SERVICE_DOWN' })
    await expect(waitFor(down, { timeout: long })).rejects.toMatchObject({ code: 'SERVICE_DOWN' })
  })

  test.each(['condition', 'options'])('with the reason of the signal of its %s', async (whose) => {
    const gone = new AbortController()
    const reason = new StackrigError('QEMU_DIED', 'QEMU must run')
    setTimeout(() => gone.abort(reason), 20)
    const { signal } = gone
    const wait =
      whose === 'condition'
        ? waitFor({ ...finding(hanging), signal }, { timeout: long })
        : waitFor(finding(absent()), { timeout: long, signal })
    const { error, took } = await failureOf(wait)
    expect(error).toBe(reason)
    expect(took).toBeLessThan(long / 10)
  })
})

describe('events', () => {
  test('one ends the pause, also when it comes during a look', async () => {
    let again: () => void = () => undefined
    const condition = {
      ...finding(
        absent(),
        () => {
          again()
          return Promise.resolve(absent())
        },
        there,
      ),
      interval: long,
      watch: (_: unknown, call: () => void) => {
        again = call
        setTimeout(call, 10)
      },
    }
    const started = performance.now()
    await waitFor(condition, { timeout: long })
    expect(performance.now() - started).toBeLessThan(long / 10)
  })

  test('are watched after the first look in vain, once, until the wait is over', async () => {
    const signals: AbortSignal[] = []
    const watch = ({ signal }: { signal: AbortSignal }) => void signals.push(signal)
    await waitFor({ ...finding(there), watch }, { timeout: long })
    expect(signals).toEqual([])
    await waitFor({ ...finding(absent(), absent(), there), watch }, { timeout: long })
    expect(signals.map(({ aborted }) => aborted)).toEqual([true])
  })
})

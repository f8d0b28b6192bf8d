import { expect, test } from 'vitest'
import { Steps, type EndedStep, type Step } from './step.js'

/** Everything that an observer is told, a line each. */
function heard(steps: Steps): string[] {
  const lines: string[] = []
  const line = ({ n, depth, path }: Step): string => `${n} at ${depth} ${path.join('/')}`
  steps.observe({
    stepBegan: (step) => void lines.push(`began ${line(step)}`),
    stepEnded: (step) => void lines.push(`${step.status} ${line(step)}`),
  })
  return lines
}

test('steps nest, are counted beside each other, and return what their functions return', async () => {
  const steps = new Steps()
  const lines = heard(steps)
  const { step } = steps
  expect(await step('boot', async () => (await step('ask', () => 20)) + (await step('wait', () => 22)))).toBe(
    42,
  )
  await step('look', () => undefined)
  expect(lines).toEqual([
    ...['began 1 at 0 boot', 'began 1 at 1 boot/ask', 'passed 1 at 1 boot/ask'],
    ...['began 2 at 1 boot/wait', 'passed 2 at 1 boot/wait', 'passed 1 at 0 boot'],
    ...['began 2 at 0 look', 'passed 2 at 0 look'],
  ])
})

test('steps side by side know which they are in', async () => {
  const steps = new Steps()
  const branch = (name: string): Promise<void> =>
    steps.step(name, async () => {
      await new Promise(setImmediate)
      await steps.step('inside', () => undefined)
    })
  await Promise.all([branch('left'), branch('right')])
  expect(steps.all.map(({ path }) => path.join('/'))).toEqual([
    'left',
    'right',
    'left/inside',
    'right/inside',
  ])
})

test('what is thrown goes through as it is, and says in which step it was thrown', async () => {
  const steps = new Steps()
  const lines = heard(steps)
  const error = new Error('it broke')
  await steps.step('first', () => undefined)
  const thrown = steps.step('boot', () => steps.step('ask', () => Promise.reject(error)))
  await expect(thrown).rejects.toBe(error)
  expect(error).toMatchObject({ message: 'it broke', step: '2 "boot" › "ask"' })
  expect(lines.slice(-2)).toEqual(['failed 1 at 1 boot/ask', 'failed 2 at 0 boot'])
  // What is no object has no room for it.
  const text = steps.step('words', () => Promise.reject(Object.freeze(new Error('frozen'))))
  await expect(text).rejects.toThrow('frozen')
})

test('a step that still runs when the scenario ends has failed, and its own end comes too late', async () => {
  const steps = new Steps()
  const lines = heard(steps)
  let finish: () => void = () => undefined
  const outer = steps.step('outer', () =>
    steps.step('inner', () => new Promise<void>((resolve) => (finish = resolve))),
  )
  await steps.end()
  finish()
  await outer
  expect(lines.slice(2)).toEqual(['failed 1 at 1 outer/inner', 'failed 1 at 0 outer'])
  expect((steps.all[0] as EndedStep).status).toBe('failed')
})

test('a step ends when its observers have been told', async () => {
  const steps = new Steps()
  let told = false
  steps.observe({
    stepEnded: async () => {
      await new Promise(setImmediate)
      told = true
    },
  })
  await steps.step('boot', () => undefined)
  expect(told).toBe(true)
})

test('a step without a name is refused', async () => {
  await expect(new Steps().step(' ', () => undefined)).rejects.toMatchObject({ code: 'USAGE' })
})

test('a scenario failed when its last outermost step did, not at its end, and not in one that was meant to fail', async () => {
  const steps = new Steps()
  expect(steps.failedAt).toBeUndefined()
  await expect(steps.step('refused', () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(steps.failedAt).toBe((steps.all[0] as EndedStep).ended)
  await steps.step('goes on', () => undefined)
  expect(steps.failedAt).toBeUndefined()
  await expect(
    steps.step('outer', () => steps.step('inner', () => Promise.reject(new Error('no')))),
  ).rejects.toThrow('no')
  expect(steps.failedAt).toBe((steps.all.find(({ name }) => name === 'outer') as EndedStep).ended)
})

import { describe, expect, test } from 'vitest'
import { findBreaking, type Breaking, type Verdict } from './halving.js'

/** Which changes want which others to be in with them, and must not be in without them. */
type Needs = Readonly<Record<string, readonly string[]>>

interface World {
  /** It fails when all of these are in. */
  breaks: readonly string[]
  needs?: Needs
  /** What apt would take, but cannot be built for all that. */
  unbuilt?: (changes: readonly string[]) => boolean
}

/** Bisects, and says how often something was run. */
async function bisect(
  changes: readonly string[],
  { breaks, needs = {}, unbuilt = () => false }: World,
): Promise<Breaking<string> & { runs: number; tried: Map<string, Verdict> }> {
  const tried = new Map<string, Verdict>()
  let runs = 0
  const possible = (given: readonly string[]): Promise<boolean> =>
    Promise.resolve(given.every((one) => (needs[one] ?? []).every((other) => given.includes(other))))
  const judge = async (given: readonly string[]): Promise<Verdict> => {
    const verdict = await verdictOf(given)
    tried.set([...given].sort().join(' '), verdict)
    return verdict
  }
  const verdictOf = async (given: readonly string[]): Promise<Verdict> => {
    if (!(await possible(given)) || unbuilt(given)) return 'skipped'
    runs += 1
    return breaks.every((one) => given.includes(one)) ? 'failed' : 'passed'
  }
  return { ...(await findBreaking(changes, { possible, judge })), runs, tried }
}

const letters = 'abcdefghijklmnopqrstuvwxyz'.split('')

describe('one change of many', () => {
  test.each(letters)('%s is found in five tries of 26', async (letter) => {
    const { before, culprits, runs } = await bisect(letters, { breaks: [letter] })
    expect(culprits).toEqual([letter])
    expect(before).toEqual(letters.slice(0, letters.indexOf(letter)))
    expect(runs).toBeLessThanOrEqual(5)
  })

  test('of any number of them, in no more tries than halving takes', async () => {
    for (let count = 1; count <= 70; count++) {
      const changes = Array.from({ length: count }, (_, index) => `p${index}`)
      for (const one of changes) {
        const { culprits, runs } = await bisect(changes, { breaks: [one] })
        expect(culprits).toEqual([one])
        expect(runs).toBeLessThanOrEqual(Math.ceil(Math.log2(count)))
      }
    }
  })

  test('the only one needs no try', async () => {
    expect(await bisect(['a'], { breaks: ['a'] })).toMatchObject({ before: [], culprits: ['a'], runs: 0 })
  })

  test('of two that break it together, the one that is taken in last', async () => {
    const { before, culprits } = await bisect(letters, { breaks: ['c', 'q'] })
    expect(culprits).toEqual(['q'])
    expect(before).toContain('c')
  })
})

describe('changes that depend on each other', () => {
  test('are one group', async () => {
    const { culprits } = await bisect(letters, { breaks: ['k'], needs: { k: ['l'], l: ['k'] } })
    expect(culprits).toEqual(['k', 'l'])
  })

  test('also when all of them do: nothing can be run', async () => {
    const needs = Object.fromEntries(letters.map((one) => [one, letters]))
    const { culprits, runs } = await bisect(letters, { breaks: ['k'], needs })
    expect(culprits).toEqual(letters)
    expect(runs).toBe(0)
  })

  test('one that another needs is told from it, wherever they stand', async () => {
    for (const [first, second] of [
      ['b', 'x'],
      ['x', 'b'],
    ] as const) {
      const { culprits, before } = await bisect(letters, { breaks: [first], needs: { [first]: [second] } })
      expect(culprits).toEqual([first])
      expect(before).toContain(second)
      const other = await bisect(letters, { breaks: [second], needs: { [first]: [second] } })
      expect(other.culprits).toEqual([second])
      expect(other.before).not.toContain(first)
    }
  })

  test('a group whose members do not stand beside each other has none of those between them', async () => {
    const { culprits } = await bisect(letters, { breaks: ['d'], needs: { d: ['w'], w: ['d'] } })
    expect(culprits.toSorted()).toEqual(['d', 'w'])
  })

  test('a chain of needs: each is told from the others', async () => {
    const needs: Needs = { a: ['f'], f: ['k'], k: ['p'], p: ['z'] }
    for (const one of ['a', 'f', 'k', 'p', 'z']) {
      expect((await bisect(letters, { breaks: [one], needs })).culprits).toEqual([one])
    }
  })

  test('three in a row, beside another three', async () => {
    const group = (...names: string[]): Needs => Object.fromEntries(names.map((name) => [name, names]))
    const needs = { ...group('d', 'e', 'f'), ...group('g', 'h', 'i') }
    expect((await bisect(letters, { breaks: ['h'], needs })).culprits).toEqual(['g', 'h', 'i'])
    expect((await bisect(letters, { breaks: ['e'], needs })).culprits).toEqual(['d', 'e', 'f'])
    expect((await bisect(letters, { breaks: ['j'], needs })).culprits).toEqual(['j'])
  })

  test('whatever needs whatever, what is found is in its group, passes before, and fails with it', async () => {
    // Park and Miller's generator: the same worlds each time.
    let seed = 24
    const random = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below
    for (let world = 0; world < 300; world++) {
      const changes = letters.slice(0, 2 + random(14))
      const pick = (): string => changes[random(changes.length)] ?? 'a'
      const needs: Record<string, string[]> = {}
      for (let count = random(8); count > 0; count--) (needs[pick()] ??= []).push(pick())
      const broken = pick()
      const { before, culprits, tried } = await bisect(changes, { breaks: [broken], needs })
      expect(culprits).toContain(broken)
      expect(before).not.toContain(broken)
      // But for the ends, which were judged before.
      const key = (...given: string[]): string => given.sort().join(' ')
      if (before.length > 0) expect(tried.get(key(...before))).toBe('passed')
      if (before.length + culprits.length < changes.length)
        expect(tried.get(key(...before, ...culprits))).toBe('failed')
    }
  })
})

describe('what cannot be built', () => {
  test('is passed over, as git bisect does, and what is nearest to it is tried', async () => {
    const unbuilt = (given: readonly string[]): boolean => given.length === 13 || given.length === 12
    const { culprits, tried } = await bisect(letters, { breaks: ['c'], unbuilt })
    expect(culprits).toEqual(['c'])
    expect([...tried.values()].slice(0, 3)).toEqual(['skipped', 'skipped', 'failed'])
  })

  test('leaves the changes around it as a group', async () => {
    // Whatever the order: with c and without d nothing can be built.
    const unbuilt = (given: readonly string[]): boolean => given.includes('c') !== given.includes('d')
    expect((await bisect(letters, { breaks: ['d'], unbuilt })).culprits).toEqual(['c', 'd'])
    expect((await bisect(letters, { breaks: ['e'], unbuilt })).culprits).toEqual(['e'])
  })

  test('nothing at all: it ends, and blames nobody alone', async () => {
    const { culprits, runs } = await bisect(letters, { breaks: ['d'], unbuilt: () => true })
    expect(culprits.toSorted()).toEqual(letters)
    expect(runs).toBe(0)
  })
})

test('no try is asked for twice when nothing can be had', async () => {
  const asked: string[] = []
  await findBreaking(letters, {
    possible: () => Promise.resolve(false),
    judge: (given) => {
      asked.push(given.join(' '))
      return Promise.resolve('skipped')
    },
  })
  expect(asked).toHaveLength(25)
  expect(new Set(asked).size).toBe(25)
})

/** What becomes of a try; one that was skipped says nothing, as it could not be made. */
export type Verdict = 'passed' | 'failed' | 'skipped'

/** What is asked of some of the changes together, without the others. They come in the order in which they are taken in. */
export interface Asked<T> {
  /** Whether they can be had at all; asked often, so it must be cheap. */
  possible: (changes: readonly T[]) => Promise<boolean>
  judge: (changes: readonly T[]) => Promise<Verdict>
}

/** Where it breaks: with `before` it passes, with the culprits added it fails. */
export interface Breaking<T> {
  before: T[]
  /** One; several where nothing between could be tried, as when they depend on each other. */
  culprits: T[]
}

/** So many changes in a row are tried together when none can be had alone: packages of one source stand beside each other. */
const longestRow = 5

/**
 * Finds the change that breaks something, as git-bisect(1) does: the number of changes that are in is halved, and where nothing can be said
 * of the middle, the nearest to it is tried. What is left after that and cannot be told apart is put in an order in which more of it can be
 * had, and halved again.
 * @param changes without any of them it passes, with all of them it fails
 */
export async function findBreaking<T>(changes: readonly T[], asked: Asked<T>): Promise<Breaking<T>> {
  let found = await halve({ before: [], culprits: [...changes] }, asked)
  while (found.culprits.length > 1) {
    const culprits = await inPossibleOrder(found, asked)
    if (culprits.every((change, at) => change === found.culprits[at])) break
    const closer = await halve({ before: found.before, culprits }, asked)
    if (closer.culprits.length === found.culprits.length) break
    found = closer
  }
  return found
}

async function halve<T>({ before, culprits }: Breaking<T>, { judge }: Asked<T>): Promise<Breaking<T>> {
  let [passes, fails] = [0, culprits.length]
  const skipped = new Set<number>()
  for (;;) {
    const next = nearestToMiddle(passes, fails, skipped)
    if (next === undefined) break
    const verdict = await judge([...before, ...culprits.slice(0, next)])
    if (verdict === 'passed') passes = next
    else if (verdict === 'failed') fails = next
    else skipped.add(next)
  }
  return {
    before: [...before, ...culprits.slice(0, passes)],
    culprits: culprits.slice(passes, fails),
  }
}

/** Of the numbers between two, the one nearest to their middle that was not skipped. */
function nearestToMiddle(low: number, high: number, skipped: ReadonlySet<number>): number | undefined {
  const middle = Math.floor((low + high) / 2)
  for (let away = 0; away < high - low; away++) {
    for (const number of [middle - away, middle + away])
      if (number > low && number < high && !skipped.has(number)) return number
  }
  return undefined
}

/** The culprits, those first that can be had without the rest. */
async function inPossibleOrder<T>({ before, culprits }: Breaking<T>, { possible }: Asked<T>): Promise<T[]> {
  const ordered: T[] = []
  const rest = [...culprits]
  const nextRow = async (): Promise<T[] | undefined> => {
    for (let length = 1; length <= Math.min(longestRow, rest.length - 1); length++) {
      for (let start = 0; start + length <= rest.length; start++) {
        const row = rest.slice(start, start + length)
        if (await possible([...before, ...ordered, ...row])) return rest.splice(start, length)
      }
    }
    return undefined
  }
  for (let row = await nextRow(); row; row = await nextRow()) ordered.push(...row)
  return [...ordered, ...rest]
}

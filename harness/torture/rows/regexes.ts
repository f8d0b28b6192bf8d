import { join } from 'node:path'
import { createContext, Script } from 'node:vm'
import { projectFolder } from '../../paths.js'
import { Chance } from '../random.js'
import { regexesOf } from '../regexes-of.js'
import type { Row } from '../row.js'

/** Sizes of the input, characters, and how much longer the larger one may take. */
const sizes = [64 * 1024, 128 * 1024] as const
const mostRatio = 2.5
/** ms; what is faster is not measured well enough to be compared. A square's 64 KB take a hundred times as long. */
const fast = 60
const longest = 4000

/** Inputs for each expression. */
const tries = 24
const found = regexesOf(join(projectFolder, 'harness'))

// In a context of its own it can be stopped in the middle.
const context = createContext({})
const replacing = new Script('text.replace(regex, "")')

/** Twice the input takes twice the time, whatever it is: each expression of the sources, on inputs made of its own characters. */
export const row: Row & { report(): string } = {
  name: 'regexes',
  amounts: { small: found.length * tries, nightly: found.length * tries * 20 },
  attempt: (seed) => {
    const { where, regex } = found[seed % found.length] ?? { where: 'none', regex: /$/ }
    const chance = new Chance(seed)
    const input = hostile(regex, chance)
    const [small, large] = sizes.map((size) => input(size))
    for (let again = 0; ; again += 1) {
      const [first, second] = [time(regex, small ?? ''), time(regex, large ?? '')]
      if (second < fast || second / first < mostRatio) return Promise.resolve()
      // Somebody else may have had the processor.
      if (again < 3 && second < longest) continue
      const shown = JSON.stringify((small ?? '').slice(0, 40))
      throw new Error(`${where}: ${Math.round(first)} ms, then ${Math.round(second)} ms, for ${shown}…`)
    }
  },
  report: () => `${found.length} regular expressions in the sources`,
}

function time(regex: RegExp, text: string): number {
  Object.assign(context, { regex, text })
  const started = performance.now()
  try {
    replacing.runInContext(context, { timeout: longest })
  } catch {
    return longest
  }
  return performance.now() - started
}

/** A text that begins to match again and again, and does not match in the end: units of the expression's own characters. */
function hostile(regex: RegExp, chance: Chance): (size: number) => string {
  const own = Array.from(regex.source.replaceAll(/\\([dswbDSWB])|\\x[0-9a-f]{2}|\\u[0-9a-f]{4}|\\/g, ''))
  const special = { '\\d': '1', '\\s': ' ', '\\w': 'a', '\\x1b': '\x1b', '.': 'x', '\\n': '\n' }
  const more = Object.entries(special).flatMap(([name, character]) =>
    regex.source.includes(name) ? [character] : [],
  )
  const alphabet = [...own, ...more, ...(chance.below(3) === 0 ? ['a', '1', ' ', '/', '\\'] : [])]
  // The words of the expression as they stand are what its attempts begin with.
  const words = regex.source.match(/[A-Za-z<"'/:=-]{2,}/g) ?? []
  const piece = (): string =>
    chance.one(
      [...(more.length > 0 ? [more] : []), alphabet, ...(words.length > 0 ? [words] : [])].map((of) =>
        chance.one(of),
      ),
    )
  const unit = Array.from({ length: 1 + chance.below(3) }, piece).join('') || 'x'
  const [head, tail] = [chance.below(2) === 0 ? piece() : '', chance.one(['', '\0', '\n', '!'])]
  return (size) => head + unit.repeat(Math.ceil(size / unit.length)) + tail
}

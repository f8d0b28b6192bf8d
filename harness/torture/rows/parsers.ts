import { StackrigError } from '../../errors/index.js'
import { changed } from '../change.js'
import { imageParsers } from '../parsers/images.js'
import { noteParsers } from '../parsers/notes.js'
import type { Parser } from '../parsers/parser.js'
import { Chance } from '../random.js'
import type { Row } from '../row.js'

const parsers = [...imageParsers, ...noteParsers]

/** ms and bytes that one file may take. */
const longest = 100
const most = 64 * 1024 * 1024

const counts = new Map(parsers.map(({ name }) => [name, { cases: 0, past: 0, read: 0 }]))

/** An error with a code, or a value; in less than 100 ms and 64 MB. */
export const row: Row = {
  name: 'parsers',
  amounts: { small: parsers.length * 20_000, nightly: parsers.length * 1_000_000 },
  attempt: (seed) => {
    const parser = parsers[seed % parsers.length]
    if (!parser) throw new RangeError('there is no such parser')
    const chance = new Chance(seed)
    const text = (parser.change ?? changed)(chance.one(parser.valid), parser.words, chance)
    const count = counts.get(parser.name)
    const before = process.memoryUsage().heapUsed
    const { took, read } = timed(parser, text)
    const used = process.memoryUsage().heapUsed - before
    // Somebody else may have had the processor: what really takes long does so each time.
    if (took > longest && timed(parser, text).took > longest && timed(parser, text).took > longest)
      throw new Error(`${parser.name} took ${Math.round(took)} ms for ${JSON.stringify(text)}`)
    if (used > most) throw new Error(`${parser.name} took ${used} bytes for ${JSON.stringify(text)}`)
    if (count) {
      count.cases += 1
      count.past += parser.passesFirstCheck(text) ? 1 : 0
      count.read += read ? 1 : 0
    }
    return Promise.resolve()
  },
  report: () =>
    [...counts]
      .filter(([, { cases }]) => cases > 0)
      .map(([name, { cases, read }]) => `${name}: ${cases} cases, ${Math.round((100 * read) / cases)} % read`)
      .join('; '),
  firstChecks: () => Object.fromEntries(counts),
}

/** ms it took, and whether there was a value; undefined says, as an error does, that the text is none of its form. */
function timed(parser: Parser, text: string): { took: number; read: boolean } {
  const started = performance.now()
  try {
    const read = parser.parse(text) !== undefined
    return { took: performance.now() - started, read }
  } catch (error) {
    if (error instanceof StackrigError && error.class !== 'internal')
      return { took: performance.now() - started, read: false }
    throw new Error(`${parser.name} threw no StackrigError for ${JSON.stringify(text)}`, { cause: error })
  }
}

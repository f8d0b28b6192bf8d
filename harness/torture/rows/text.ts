import { inspect } from 'node:util'
import {
  errorCodes,
  forPeople,
  lineForPeople,
  longestLine,
  longestMessage,
  messageOf,
  StackrigError,
} from '../../errors/index.js'
import { ApiError } from '../../openstack/index.js'
import { junitXml } from '../../report/junit.js'
import { requireWellFormed } from '../../report/testing/well-formed.js'
import { changed } from '../change.js'
import { Chance } from '../random.js'
import type { Row } from '../row.js'

/** What guests have said, or may. */
const said = [
  '\x1b[1;32mlogin:\x1b[0m \x1b[2J\x1b]52;c;cm0gLXJmIC8=\x07\n',
  '[    1.234567] Kernel panic - not syncing: \r\nVFS\n',
  '{"error":{"message":"no","code":500}}',
  '<html><head><title>404</title></head><body>\u202eno</body></html>\n',
  'é€😀\u2028\ufeff'.repeat(40),
]
const words = [
  '\x1b',
  '\x9b31m',
  '\x1b]0;x\x07',
  '\0',
  '\r',
  '\b\b',
  '\ud800',
  '\uffff',
  ']]>',
  '\x1bP',
  '\u2066',
  'x'.repeat(2000),
  '\n'.repeat(50),
]

const forbidden = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufffe\uffff]/

/** Whatever an error, a report or a line of progress is made of, a person gets no control of it, and no more than fits. */
export const row: Row = {
  name: 'text',
  amounts: { small: 5000, nightly: 100_000 },
  attempt: (seed) => {
    const chance = new Chance(seed)
    const text = (): string =>
      chance.below(3) === 0
        ? chance.bytes(chance.below(2000)).toString(chance.one(['latin1', 'utf8', 'utf16le']))
        : changed(chance.one(said), words, chance).repeat(chance.below(20) === 0 ? 3000 : 1)
    const cause = Object.assign(new Error(text(), { cause: text() }), { stderr: text(), code: text() })
    const error = new StackrigError(chance.one(errorCodes), text(), {
      where: text(),
      seen: text(),
      next: text(),
      cause,
    })
    const answer = new ApiError({
      method: 'GET',
      url: `http://controller/${text()}`,
      status: 500,
      said: text(),
      requestId: text(),
      cause,
    })
    for (const shown of [error, answer]) {
      check(shown.message, longestMessage)
      check(inspect(shown, { depth: 9, breakLength: Infinity }), Infinity)
    }
    checkReport(() => text().slice(0, 2000))
    check(messageOf(text()), longestMessage)
    const once = forPeople(text())
    check(once, longestMessage)
    if (forPeople(once) !== once) throw new Error(`not the same when done again: ${JSON.stringify(once)}`)
    const line = lineForPeople(text())
    check(line, longestMessage)
    if (line.includes('\n')) throw new Error(`more than a line: ${JSON.stringify(line)}`)
    return Promise.resolve()
  },
}

/** Names and messages of tests are of whatever a scenario made them of. */
function checkReport(text: () => string): void {
  const failure = { class: 'product' as const, message: text(), stack: text(), diff: text() }
  const outcome = {
    kind: 'test' as const,
    project: text(),
    file: text(),
    name: text(),
    tags: [],
    duration: 1,
  }
  const xml = junitXml(
    {
      ...{ started: new Date(0), duration: 1, interrupted: false, files: [] },
      outcomes: [
        { ...outcome, state: 'failed', failures: [failure], evidence: text() },
        { ...outcome, state: 'skipped', failures: [], note: text() },
      ],
    },
    '/',
  )
  check(xml, Infinity)
  requireWellFormed(xml)
  if (xml.match(/<testcase /g)?.length !== 2) throw new Error('a test that nobody ran is in the report')
}

function check(shown: string, most: number): void {
  const found = forbidden.exec(shown)
  if (found)
    throw new Error(
      `a control at ${found.index} of ${JSON.stringify(shown.slice(Math.max(0, found.index - 50), found.index + 50))}`,
    )
  if (Buffer.byteLength(shown) > most) throw new Error(`${Buffer.byteLength(shown)} bytes`)
  if (most === longestMessage && shown.split('\n').some((line) => line.length > longestLine))
    throw new Error('a line too long')
}

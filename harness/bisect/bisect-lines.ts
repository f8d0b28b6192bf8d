import type { Change, MovedInImages } from './changes.js'
import type { Breaking } from './halving.js'
import { quoteWord } from '../shell-word.js'

/** More rows are counted, not shown. */
const mostRows = 40

/** What moved between two locks, as a table. */
export function changeTable(changes: readonly Change[]): string[] {
  const rows = changes.flatMap(({ packages }) => packages.map(rowOf))
  const shown = [['package', 'good', 'bad', 'images'], ...rows.slice(0, mostRows)]
  const widths = [0, 1, 2].map((column) => Math.max(...shown.map((row) => row[column]?.length ?? 0)))
  const more = rows.length - mostRows
  return [
    ...shown.map((row) =>
      row
        .map((text, column) => text.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    ),
    ...(more > 0 ? [`and ${more} more`] : []),
  ]
}

const rowOf = ({ name, from = '-', to = '-', images }: MovedInImages): string[] => [
  ...[name, from, to],
  images.join(', '),
]

/** One try: how many of the moved packages are those of the bad lock, and what became of it. */
export function tryLine({
  n,
  taken,
  all,
  text,
}: {
  n: number
  taken: number
  all: number
  text: string
}): string {
  const note = taken === 0 ? ' (good)' : taken === all ? ' (bad)' : ''
  return `${`try ${n}`.padEnd(7)}  ${`${String(taken).padStart(String(all).length)} of ${all}${note}`.padEnd(18)}  ${text}`
}

/** So many packages are in some changes. */
export const countPackages = (changes: readonly Change[]): number =>
  changes.reduce((count, { packages }) => count + packages.length, 0)

/** What was found. */
export function foundLines({ culprits }: Breaking<Change>, scenario: string): string[] {
  const moved = culprits.flatMap(({ packages }) => packages)
  const [only] = moved
  if (only && moved.length === 1) return [`found: ${moveText(only)} breaks ${scenario}`]
  return [
    culprits.length === 1
      ? `found: this breaks ${scenario}:`
      : `found: one of these breaks ${scenario}; none could be tried without the others, as when they depend on each other:`,
    ...moved.map((one) => `  ${moveText(one)}`),
  ]
}

/** How each can see it. @param files paths of locks */
export function showLines(scenario: string, files: { passes: string; fails: string }): string[] {
  const [passes, fails] = [quoteWord(files.passes), quoteWord(files.fails)]
  return [
    'the last lock with which it passes, and the first with which it fails, differ in nothing else:',
    `  STACKRIG_EXACT=${passes} npx stackrig test ${scenario}`,
    `  STACKRIG_EXACT=${fails} npx stackrig test ${scenario}`,
  ]
}

function moveText({ name, from, to }: MovedInImages): string {
  if (from === undefined) return `${name} ${to ?? ''} (new)`
  return to === undefined ? `${name} ${from} (gone)` : `${name} ${from} -> ${to}`
}

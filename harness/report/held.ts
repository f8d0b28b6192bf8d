import { styleText } from 'node:util'
import { stripEscapes } from '../errors/index.js'
import { quoteWord } from '../shell-word.js'
import type { Run } from './run.js'

/** How to enter the clusters that go on running, and how to end them. Nothing when none does. */
export function heldList({ outcomes }: Run, { colour }: { colour: boolean }): string[] {
  return outcomes.flatMap(({ held, name, note }) => {
    if (held === undefined) return []
    const cluster = quoteWord(held.name)
    const title = stripEscapes(`${held.name} is held: ${name}${note === undefined ? '' : `, ${note}`}`)
    return [
      colour ? styleText('bold', title, { validateStream: false }) : title,
      `    npx stackrig shell --cluster ${cluster} ${held.node}`,
      `    npx stackrig down ${cluster}`,
    ]
  })
}

import { quoteWord } from './shell-word.js'

/** What may stand in `${}` of a command: one word, or an array of several. */
export type CommandValue = string | number | readonly (string | number)[]

/** The command of a template literal: what stands in `${}` becomes one word each, an array several words. */
export function commandText(strings: TemplateStringsArray, values: CommandValue[]): string {
  return String.raw(
    strings,
    ...values.map((value) => (typeof value === 'object' ? value.map(quoteWord).join(' ') : quoteWord(value))),
  )
}

import type { Results } from './results-json.js'

/**
 * What a test failed of, in a line that is the same for all failures of this kind: the first cause where the diagnosis found one, otherwise the
 * code of the error and its first line. Numbers, and what is made of hexadecimal digits, differ from run to run, and are `#`.
 */
export function firstCause({ state, story, errors }: Results['tests'][number]): string {
  const [error] = errors
  const found = story?.findings[0]?.what
  if (found !== undefined) return withoutNumbers(firstLine(found))
  if (error === undefined) return state
  return [error.code, withoutNumbers(firstLine(error.message))].filter(Boolean).join(' ')
}

const firstLine = (text: string): string => text.trim().split('\n', 1).join('').trimEnd()

function withoutNumbers(text: string): string {
  return text
    .replaceAll(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '#')
    .replaceAll(/\b(?=[a-f]*\d)[0-9a-f]{7,}\b/gi, '#')
    .replaceAll(/\d+(?:[.,:]\d+)*/g, '#')
}

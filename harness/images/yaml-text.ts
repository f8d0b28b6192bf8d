import { parseDocument } from 'yaml'
import { messageOf } from '../errors/index.js'

/** What a YAML text says, or why it says nothing: an alias to nowhere, or too many of them, is found only when they are followed. */
export function parseYaml(text: string): { content: unknown } | { problem: string } {
  // A warning would go to the terminal past everybody.
  const document = parseDocument(text, { logLevel: 'error' })
  const [syntaxError] = document.errors
  if (syntaxError) return { problem: syntaxError.message }
  try {
    return { content: document.toJS() as unknown }
  } catch (error) {
    return { problem: messageOf(error) }
  }
}

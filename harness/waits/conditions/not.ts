import type { Condition } from '../condition.js'

/** The contrary: met as soon as a look finds that the condition is not. A look that fails says neither. */
export function not(condition: Condition): Condition<undefined> {
  return {
    ...condition,
    what: `the contrary of ${condition.what}`,
    async probe(look) {
      const found = await condition.probe(look)
      return 'value' in found ? { done: false, seen: 'it is still so' } : { done: true, value: undefined }
    },
  }
}

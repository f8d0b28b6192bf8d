import type { Chance } from './random.js'

/**
 * A text that was valid, changed in one or two places. What is random from the start does not get past the first check of any
 * parser; this does, more often than not.
 */
export function changed(text: string, words: readonly string[], chance: Chance): string {
  let result = text
  for (let left = 1 + chance.below(2); left > 0; left -= 1) result = changedOnce(result, words, chance)
  return result
}

function changedOnce(text: string, words: readonly string[], chance: Chance): string {
  const lines = text.split('\n')
  const line = chance.below(lines.length)
  const at = chance.below(text.length + 1)
  switch (chance.below(18)) {
    case 0:
      return text.slice(0, at) + String.fromCharCode(chance.below(256)) + text.slice(at + 1)
    case 1:
      return text.slice(0, at) + text.slice(at + 1 + chance.below(8))
    case 2:
      return [...lines.slice(0, line), ...lines.slice(line + 1)].join('\n')
    case 3:
      return [...lines.slice(0, line + 1), ...lines.slice(line)].join('\n')
    case 4:
      return [...lines.slice(line), ...lines.slice(0, line)].join('\n')
    case 5:
      return text.slice(0, at) + chance.one(words) + text.slice(at)
    default: {
      // The value of a key becomes another: this is what gets furthest.
      const value = lines[line]?.replace(/[^\s:=]+$/, () => chance.one(words)) ?? ''
      return [...lines.slice(0, line), value, ...lines.slice(line + 1)].join('\n')
    }
  }
}

import { changed } from './change.js'
import type { Chance } from './random.js'

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/**
 * JSON that was valid, with one or two of its values or keys changed, so that it is JSON still; one time in four its text is
 * changed, which seldom is.
 */
export function changedJson(text: string, words: readonly string[], chance: Chance): string {
  if (chance.below(4) === 0) return changed(text, words, chance)
  let document = JSON.parse(text) as Json
  for (let left = 1 + chance.below(2); left > 0; left -= 1) document = changedValue(document, words, chance)
  return JSON.stringify(document, null, chance.below(3))
}

/** Goes down by chance, and changes where it stops. */
function changedValue(value: Json, words: readonly string[], chance: Chance): Json {
  if (Array.isArray(value)) {
    const at = chance.below(value.length + 1)
    if (at === value.length) return [...value, other(words, chance)]
    return value.map((inner, index) => (index === at ? changedValue(inner, words, chance) : inner))
  }
  if (typeof value !== 'object' || value === null) return other(words, chance)
  const entries = Object.entries(value)
  if (entries.length === 0 || chance.below(12) === 0) return other(words, chance)
  const at = chance.below(entries.length)
  const [key, inner] = entries[at] ?? ['', null]
  const changedEntry: [string, Json][] = [
    [[key, changedValue(inner, words, chance)]],
    [[key, changedValue(inner, words, chance)]],
    [[key, changedValue(inner, words, chance)]],
    [],
    [[chance.one(words), inner]],
    [
      [key, inner],
      [chance.one(words), other(words, chance)],
    ],
  ][chance.below(6)] as [string, Json][]
  return Object.fromEntries([...entries.slice(0, at), ...changedEntry, ...entries.slice(at + 1)])
}

function other(words: readonly string[], chance: Chance): Json {
  const nested = Array.from({ length: chance.below(60) }).reduce<Json>((inner) => [inner], null)
  return chance.one<Json>([
    chance.one(words),
    chance.one(words),
    0,
    -1,
    1.5,
    2 ** 53,
    null,
    true,
    [],
    {},
    nested,
  ])
}

import type { Condition } from '../condition.js'
import { matches, shownPattern } from './pattern.js'

/** What a condition has to know of a cloud. */
export interface Answering<Type extends string> {
  request(type: Type, method: 'GET', path: string): Promise<{ text: string }>
}

/**
 * A service answers GET with a text that has another, or matches; its value: that answer. Of JSON, it is the text that was sent.
 * `apiAnswer(cloud, 'compute', '/servers/detail', 'ERROR')`
 */
export function apiAnswer<Type extends string>(
  cloud: Answering<Type>,
  type: Type,
  path: string,
  wanted: string | RegExp,
): Condition<string> {
  return {
    what: `${type}${path} to say ${shownPattern(wanted)}`,
    interval: '1s',
    async probe() {
      const { text } = await cloud.request(type, 'GET', path)
      return matches(text, wanted) ? { done: true, value: text } : { done: false, seen: text.slice(0, 500) }
    },
  }
}

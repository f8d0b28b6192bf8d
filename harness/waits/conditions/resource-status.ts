import type { Condition } from '../condition.js'
import { isGone, nameOf, type Refreshable } from './resource.js'

/** The state of a resource, and why no other can be expected any more. */
export interface State {
  readonly status: string
  readonly failure: string | undefined
}

/** A server, an image, a volume … has that status, in upper or lower case. Impossible as soon as it failed or is gone. */
export function resourceStatus<Fresh extends State>(
  resource: Refreshable<Fresh>,
  status: string,
): Condition<Fresh> {
  return {
    what: `${nameOf(resource)} to become ${status}`,
    interval: '500ms',
    async probe() {
      let now: Fresh
      try {
        now = await resource.refresh()
      } catch (error) {
        if (!isGone(error)) throw error
        return { impossible: 'it is gone' }
      }
      if (now.status.toUpperCase() === status.toUpperCase()) return { done: true, value: now }
      return now.failure === undefined
        ? { done: false, seen: `status ${now.status}` }
        : { impossible: `${now.status}: ${now.failure}` }
    },
  }
}

import type { Condition } from '../condition.js'
import type { State } from './resource-status.js'
import { isGone, nameOf, type Refreshable } from './resource.js'

/** The service answers 404 for a server, an image, a volume …: an API that does not answer says nothing about it. */
export function resourceGone(resource: Refreshable<State>): Condition<undefined> {
  return {
    what: `${nameOf(resource)} to be gone`,
    interval: '500ms',
    async probe() {
      try {
        const { status, failure } = await resource.refresh()
        const reason = failure === undefined ? '' : `: ${failure}`
        return { done: false, seen: `still there with status ${status}${reason}` }
      } catch (error) {
        if (isGone(error)) return { done: true, value: undefined }
        throw error
      }
    },
  }
}

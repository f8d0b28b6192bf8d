import { AsyncLocalStorage } from 'node:async_hooks'
import { noTimeline, type Timeline } from './timeline.js'

/** Where the work of one scenario tells what happens: its fork, and with it its timeline, are made while it runs. */
const places = new AsyncLocalStorage<{ timeline: Timeline }>()

/** Does work, a scenario as a rule, which gets its timeline by `setPresentTimeline`. */
export function withOwnTimeline<T>(work: () => T): T {
  return places.getStore() ? work() : places.run({ timeline: noTimeline }, work)
}

/** What the present scenario does is told there from now on. */
export function setPresentTimeline(timeline: Timeline): void {
  const place = places.getStore()
  if (place) place.timeline = timeline
}

/**
 * That of the scenario in which the caller runs. For waits: a person writes `waitFor(…)` anywhere in a scenario, of things that
 * know no cluster. What belongs to a cluster has the timeline of its cluster.
 */
export function presentTimeline(): Timeline {
  return places.getStore()?.timeline ?? noTimeline
}

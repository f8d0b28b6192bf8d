import type { Needs } from './needs.js'
import type { Suspicion } from './finding.js'

/** What a scenario ended with. */
export interface Failure {
  message: string
  /** Of a StackrigError, or of the first among its causes. */
  code?: string | undefined
}

/** Where an error comes from what was wanted of the cloud, not from the scenario's own arithmetic. */
const ofTheCloud =
  /WAIT_TIMEOUT|API_FAILED|COMMAND_FAILED|SERVICE_DOWN|UNEXPECTED_STATE|SHELL_LOST|NODE_CRASHED/

/** What failed, and how far a change may be blamed for it. */
export interface Failed {
  /** In the words of `needs.ts`. */
  things: Set<string>
  /** Whether the cloud itself shows that something failed: then changes that may do no harm are told, too. */
  shown: boolean
}

/**
 * The things that failed: purposes that the error, or what the APIs tell, is about; parts that do not run; ways that lead nowhere.
 * None when the error is a scenario's own and nothing of the cloud shows that it has failed.
 */
export function failedThings(
  needs: Needs,
  {
    failure,
    told,
    suspicions,
  }: { failure: Failure | undefined; told: readonly string[]; suspicions: readonly Suspicion[] },
): Failed {
  const things = new Set<string>()
  const blames = failure === undefined || (failure.code !== undefined && ofTheCloud.test(failure.code))
  const speakOf = (text: string): void => {
    for (const [purpose, { words }] of Object.entries(needs.purposes))
      if (new RegExp(words, 'i').test(text)) things.add(`purpose ${purpose}`)
  }
  for (const text of told) speakOf(text)
  for (const { tier, breaks } of suspicions) {
    // What logs say shows nothing by itself: a machine that is slow for a while says much.
    if (tier === 'changed' || (tier === 'said' && (failure === undefined || !blames))) continue
    for (const thing of breaks) things.add(thing)
  }
  const shown = things.size > 0 || (failure !== undefined && blames)
  if (failure !== undefined && (blames || shown)) speakOf(failure.message)
  // Whoever asks without an error, and an error that names nothing that is known, may mean anything.
  if (failure === undefined || (blames && things.size === 0))
    for (const purpose of Object.keys(needs.purposes)) things.add(`purpose ${purpose}`)
  return { things, shown }
}

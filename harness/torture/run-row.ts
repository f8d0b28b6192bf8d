import { messageOf } from '../errors/index.js'
import type { Row } from './row.js'

export interface RowRun {
  /** The first seed. */
  seed: number
  /** How many cases were attempted, of how many. */
  done: number
  amount: number
  failures: { seed: number; message: string }[]
}

/** Characters of one failure; its seed tells the rest. */
const longestMessage = 1500

/** More would tell nothing new. */
const mostFailures = 20

/** Attempts cases of a row from a seed on, until there are enough, the time (ms) is over, or too many have failed. */
export async function runRow(
  row: Row,
  { seed, amount, time }: { seed: number; amount: number; time: number },
): Promise<RowRun> {
  // eslint-disable-next-line @typescript-eslint/no-unused-vars -- held until this function returns
  await using _opened = await row.open?.()
  const end = performance.now() + time
  const failures: RowRun['failures'] = []
  let done = 0
  while (done < amount && performance.now() < end && failures.length < mostFailures) {
    try {
      await row.attempt(seed + done)
    } catch (error) {
      failures.push({ seed: seed + done, message: withCause(error) })
    }
    done += 1
    // So that a signal, or a time-out of the test that runs this, is heard.
    if (done % 100 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  return { seed, done, amount, failures }
}

function withCause(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined
  const message = cause === undefined ? messageOf(error) : `${messageOf(error)}: ${messageOf(cause)}`
  return message.slice(0, longestMessage)
}

/** Cases below which a share of them says nothing. */
const fewest = 200

/** What of a row's fuzzed inputs got past the first check, and whether that is the half that is wanted. */
export function firstChecks({ firstChecks: counts }: Row): { text: string; enough: boolean } {
  const kinds = Object.entries(counts?.() ?? {}).filter(([, { cases }]) => cases > 0)
  const text = kinds.map(([kind, { cases, past }]) => `${kind} ${Math.round((100 * past) / cases)} %`)
  return {
    text: text.length === 0 ? '' : `past the first check: ${text.join(', ')}`,
    enough: kinds.every(([, { cases, past }]) => cases < fewest || past >= cases / 2),
  }
}

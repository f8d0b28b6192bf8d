const units = { ms: 1, s: 1000, min: 60_000 } as const

/** A time span as people write it: `'500ms'`, `'90s'`, `'5min'`, or a number of milliseconds. */
export type Duration = number | `${number}${keyof typeof units}`

/** The span in whole milliseconds, as timers want them, rounded up. Throws a RangeError for anything that is not a span. */
export function milliseconds(duration: Duration): number {
  if (typeof duration === 'number') {
    // Timers of Node take what is no span for 1 ms.
    if (Number.isFinite(duration) && duration >= 0) return Math.ceil(duration)
    throw new RangeError(`not a duration: ${duration} (milliseconds, none below 0)`)
  }
  const match = /^(\d+(?:\.\d+)?)(ms|s|min)$/.exec(duration)
  if (!match) throw new RangeError(`not a duration: "${duration}" (use 500ms, 90s or 5min)`)
  return Math.ceil(Number(match[1]) * units[match[2] as keyof typeof units])
}

/** A span for people: `0.38 s`, `42 s`, `6 min 05 s`, `3 h 20 min`, `5 days`. */
export function humanDuration(ms: number): string {
  if (ms < 10_000) return `${(ms / 1000).toFixed(2)} s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 120) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 120) return `${minutes} min ${padded(seconds % 60)} s`
  const hours = Math.floor(minutes / 60)
  if (hours < 48) return `${hours} h ${padded(minutes % 60)} min`
  return `${Math.floor(hours / 24)} days`
}

const padded = (count: number): string => String(count).padStart(2, '0')

/** `1 min 05 s`, `12.3 s`, `45 ms`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`
  const seconds = Math.round(ms / 1000)
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`
}

/** Time of the day where the reader is, with as much of the second as `step` (ms) needs. */
export function clock(t: number, step = 1): string {
  const date = new Date(t)
  const two = (value: number): string => String(value).padStart(2, '0')
  const whole = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
  return step >= 1000 ? whole : `${whole}.${String(date.getMilliseconds()).padStart(3, '0')}`
}

/** The first of the steps 1, 2, 5, 10, … (of s and min: 1, 2, 5, 10, 15, 30) that is at least so long, ms. */
export function niceStep(ms: number): number {
  const steps = [
    1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 15e3, 3e4, 6e4, 12e4, 3e5, 6e5, 9e5, 18e5,
  ]
  return steps.find((step) => step >= ms) ?? 36e5
}

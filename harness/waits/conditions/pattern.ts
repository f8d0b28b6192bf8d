/** Whether a text has another, or matches a pattern; the pattern begins anew each time. */
export function matches(text: string, wanted: string | RegExp): boolean {
  return typeof wanted === 'string' ? text.includes(wanted) : text.search(wanted) >= 0
}

/** It for messages. */
export const shownPattern = (wanted: string | RegExp): string =>
  typeof wanted === 'string' ? `"${wanted}"` : String(wanted)

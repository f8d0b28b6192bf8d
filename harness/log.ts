import createDebug from 'debug'

/** A logger below `stackrig:`; silent unless `DEBUG=stackrig:*` (or a part of it) is set. Writes to standard error. */
export function logger(name: string): createDebug.Debugger {
  return createDebug(`stackrig:${name}`)
}

const times = logger('time')

/**
 * Writes down, with `DEBUG=stackrig:time`, when a part of something was reached: ms since this process began, so that what
 * happens side by side stands in order.
 * @param who what it is a part of, as the name of a node
 */
export function reached(who: string, part: string): void {
  if (times.enabled) times('%s ms  %s: %s', performance.now().toFixed(1), who, part)
}

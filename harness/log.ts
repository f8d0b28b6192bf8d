import createDebug from 'debug'

/** A logger below `stackrig:`; silent unless `DEBUG=stackrig:*` (or a part of it) is set. Writes to standard error. */
export function logger(name: string): createDebug.Debugger {
  return createDebug(`stackrig:${name}`)
}

import { join } from 'node:path'

/** Where everything that a node writes to its serial console is kept. */
export const consoleLogOf = (logFolder: string, name: string): string =>
  join(logFolder, `${name}.console.log`)

import { Facts } from './facts.js'
import { partsOf } from './parts.js'
import { readFiles } from './read-files.js'
import { readNetwork } from './read-network.js'
import { readProcesses } from './read-processes.js'
import { readSystem } from './read-system.js'

/** The kinds that the commands of a contract have told of: when one of them is silent, its server may have been. */
export const recordKinds = 'kinds of records'

/** What a script of `scripts.ts`, or one of the contract's, printed, as facts; and whether it came to its end. */
export function readFacts(output: string, into = new Facts()): { facts: Facts; whole: boolean } {
  const { parts, whole } = partsOf(output)
  for (const part of parts) {
    const known = readSystem(part, into) || readNetwork(part, into) || readFiles(part, into)
    if (!known && part.name.startsWith('records')) readRecords(part.lines, into)
  }
  readProcesses(parts, into)
  return { facts: into, whole }
}

/** Lines of kind, subject and value with tabs between them: what the commands of a contract print. */
function readRecords(lines: string[], facts: Facts): void {
  for (const line of lines) {
    const [kind = '', subject = '', ...value] = line.split('\t')
    if (value.length === 0) continue
    facts.add(kind, subject, value.join('\t'))
    facts.add(recordKinds, kind, 'asked')
  }
}

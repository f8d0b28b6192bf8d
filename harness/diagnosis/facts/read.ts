import { Facts } from './facts.js'
import { partsOf } from './parts.js'
import { readFiles } from './read-files.js'
import { readNetwork } from './read-network.js'
import { readProcesses } from './read-processes.js'
import { readSystem } from './read-system.js'

/** The kinds of which something was told: where nothing is told of one any more, whoever tells of it may not have answered. */
export const toldKinds = 'told of'

/** What these parts tell of; a program that answers says something in each, be it a heading. */
const kindsOf: Record<string, readonly string[]> = {
  links: ['link'],
  addresses: ['address'],
  routes: ['route'],
  mounts: ['mount'],
  modules: ['module'],
  units: ['unit'],
  properties: ['property'],
  rules: ['rule', 'policy'],
  switch: ['bridge', 'port', 'switch setting'],
  settings: ['setting'],
  devices: ['device'],
  files: ['rights', 'leads to'],
}

/** What a script of `scripts.ts`, or one of the contract's, printed, as facts; and whether it came to its end. */
export function readFacts(output: string, into = new Facts()): { facts: Facts; whole: boolean } {
  const { parts, whole } = partsOf(output)
  for (const part of parts) {
    const known = readSystem(part, into) || readNetwork(part, into) || readFiles(part, into)
    if (part.lines.length > 0) for (const kind of kindsOf[part.name] ?? []) into.add(toldKinds, kind, 'told')
    if (!known && part.name.startsWith('records')) readRecords(part.lines, into)
  }
  readProcesses(parts, into)
  return { facts: into, whole }
}

/**
 * Lines of kind, subject and value with tabs between them: what the commands of a contract print. One without a subject says that of the kind
 * all was told, be it nothing: a server that is silent says none. `asked WORD` says it of the subjects that begin with the word: where several
 * are asked for the same, one may have answered, and another not.
 */
function readRecords(lines: string[], facts: Facts): void {
  for (const line of lines) {
    const [kind = '', subject = '', ...value] = line.split('\t')
    if (value.length === 0) continue
    const [, some] = /^asked (\S+)$/.exec(value[0] ?? '') ?? []
    if (subject !== '') facts.add(kind, subject, value.join('\t'))
    else if (some !== undefined) facts.add(toldKinds, `${kind} ${some}`, 'told')
    facts.add(toldKinds, kind, 'told')
  }
}

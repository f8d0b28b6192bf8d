import { stringLiteral } from './literal.js'

/** What a recorded scenario is a scenario of. */
export interface Subject {
  /** In one line. */
  title: string
  /** What its first comment says beside that. */
  remarks: readonly string[]
  /** The topology or stage, as a scenario imports it, and the expression that is its topology. */
  start: { name: string; variable: string; from: string; topology: string }
  /** Where the harness is imported from. */
  harness: string
  /** Service type of the catalogue -> port; without a cloud undefined. */
  ports?: Readonly<Record<string, number>> | undefined
  /** Horizon's address. */
  horizonUrl?: string | undefined
}

/** One statement or several of a scenario, and what they make that later ones use. */
export interface Part {
  /** What the person did, for the name of the step. */
  name: string
  section?: string | undefined
  lines: string[]
  /** Variables that its lines declare. */
  gives: string[]
  /** Variables that its lines use. */
  uses: string[]
}

/** Names that mean something in every scenario: fixtures, vitest's own, and words of the language that a shell's variable may have. */
const taken = [
  ...['cluster', 'nodes', 'cloud', 'browser', 'guestDisk', 'evidence', 'step', 'test', 'scenario', 'expect'],
  ...['task', 'skip', 'annotate', 'signal', 'page', 'horizon'],
  ...['waitFor', 'output', 'apiAnswer', 'http', 'cloudAccess', 'Horizon', 'credentials', 'horizonUrl'],
  ...['quoteWord', 'process', 'Buffer', 'undefined', 'eval', 'arguments', 'async', 'NaN', 'Infinity'],
  ...['await', 'break', 'case', 'catch', 'class', 'const', 'continue', 'debugger', 'default', 'delete', 'do'],
  ...['else', 'enum', 'export', 'extends', 'false', 'finally', 'for', 'function', 'if', 'implements'],
  ...['import', 'in', 'instanceof', 'interface', 'let', 'new', 'null', 'package', 'private', 'protected'],
  ...['public', 'return', 'static', 'super', 'switch', 'this', 'throw', 'true', 'try', 'typeof', 'var'],
  ...['void', 'while', 'with', 'yield'],
]

/** A scenario that is being written: what it imports, which fixtures it asks for, which names are taken. */
export class Draft {
  readonly subject: Subject
  readonly imports = new Set<string>()
  readonly fixtures = new Set<string>()
  /** A statement before the test. */
  access: string | undefined
  /** Statements at the beginning of the test. */
  readonly opening = new Set<string>()
  readonly #names: Set<string>

  constructor(subject: Subject) {
    this.subject = subject
    this.#names = new Set([...taken, subject.start.variable])
  }

  /** The name of something of the harness, which is imported. */
  uses(name: string): string {
    this.imports.add(name)
    return name
  }

  fixture(name: string): string {
    this.fixtures.add(name)
    return name
  }

  node(name: string): string {
    const nodes = this.fixture('nodes')
    return /^[a-z]\w*$/i.test(name) ? `${nodes}.${name}` : `${nodes}[${stringLiteral(name)}]`
  }

  /** A name of its own for a value, like a word that a guest or a person has said. */
  variable(word: string): string {
    const words = word.normalize('NFD').match(/[A-Za-z0-9]+/g) ?? []
    const camel = words
      .slice(0, 4)
      .map((one) => (one === one.toUpperCase() ? one.toLowerCase() : one))
      .map(
        (one, index) =>
          (index === 0 ? one.charAt(0).toLowerCase() : one.charAt(0).toUpperCase()) + one.slice(1),
      )
      .join('')
      .slice(0, 40)
    const base = /^[a-z]/.test(camel) ? camel : `value${camel}`
    let name = base
    for (let number = 2; this.#names.has(name); number++) name = `${base}${number}`
    this.#names.add(name)
    return name
  }
}

/** A name of a step: the first line of what was done, so long as a person reads it. */
export function stepName(text: string): string {
  const [line = ''] = text.trim().split('\n')
  const whole = line === text.trim() ? line : `${line} …`
  return whole.length > 70 ? `${whole.slice(0, 69)}…` : whole
}

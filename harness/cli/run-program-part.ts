import { join } from 'node:path'
import { execa } from 'execa'
import { stripEscapes, forPeople } from '../errors/index.js'
import type { ProgramPart } from '../nightly/index.js'
import { packageFolder, projectFolder } from '../paths.js'
import type { Results } from '../report/index.js'
import { interrupted } from './interrupt.js'
import { programResults, type ProgramOutcome } from './program-results.js'

/** How much of what a program said at last stands in its failure. */
const mostWords = 4000

/** What is run: `row` is that of the torture. */
export interface ProgramRun {
  part: ProgramPart
  row: string
  /** Of the torture. */
  amount: 'small' | 'nightly'
  shown: boolean
}

/** The words of a program of a part of the night, and where it runs. */
function wordsOf({ part, row, amount }: ProgramRun): { words: string[]; folder: string } {
  const torture = join(packageFolder, 'harness', 'torture', 'torture.mjs')
  switch (part) {
    case 'check':
      return { words: ['npm', 'run', '--silent', '--if-present', 'check'], folder: projectFolder }
    case 'torture':
      return {
        words: [process.execPath, torture, '--only', row, '--amount', amount],
        folder: packageFolder,
      }
    case 'bench':
      return {
        words: [process.execPath, process.argv[1] ?? '', 'bench', '--json'],
        folder: projectFolder,
      }
  }
}

/** A program of a night, and what became of it in the form of a run of tests. Throws the reason of an interruption. */
export async function runProgramPart(run: ProgramRun): Promise<Results> {
  interrupted.throwIfAborted()
  const { words, folder } = wordsOf(run)
  const [program = '', ...rest] = words
  const started = new Date()
  const ran = await execa(program, rest, {
    ...{ cwd: folder, stdin: 'ignore', reject: false, cancelSignal: interrupted, all: true },
    ...(run.shown && { stderr: ['pipe', 'inherit'] as const }),
    forceKillAfterDelay: 60_000,
  })
  interrupted.throwIfAborted()
  const said = forPeople(stripEscapes(ran.all)).trim()
  const duration = Date.now() - started.getTime()
  const base = { part: run.part, row: run.row, started, duration }
  if (ran.exitCode !== 0) {
    const seen = said.slice(-mostWords) || ran.message || `exit status ${ran.exitCode ?? '?'}`
    return programResults(base, [{ ...failed(run.part, ran.exitCode), message: seen }])
  }
  if (run.part === 'torture') {
    const why = /: left out, (.*)/.exec(said)?.[1]
    if (why !== undefined) return programResults(base, [{ state: 'skipped', note: why }])
  }
  return programResults(base, run.part === 'bench' ? figuresOf(ran.stdout) : [{ state: 'passed' }])
}

/** Who has to act: a program says it by its exit status (docs/commands.md); the checks find what is wrong in sources. */
function failed(part: ProgramPart, exitCode: number | undefined): ProgramOutcome {
  if (part === 'check') return { state: 'failed', class: 'scenario' }
  return { state: 'failed', class: exitCode === 3 ? 'host' : 'harness' }
}

/** Each figure of the bench; what is no time stands in the note only. */
function figuresOf(stdout: string): ProgramOutcome[] {
  const figures = JSON.parse(stdout) as Record<string, number | string>
  return Object.entries(figures).map(([name, value]) => {
    const scale = name.endsWith('_ms') ? 1 : name.endsWith('_s') ? 1000 : 0
    return { state: 'passed', name, duration: Number(value) * scale || 0, note: String(value) }
  })
}

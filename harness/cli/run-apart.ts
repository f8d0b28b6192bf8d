import { readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { execa } from 'execa'
import { endingWithUs } from '../ending-with-us.js'
import { StackrigError } from '../errors/index.js'
import { projectFolder } from '../paths.js'
import { parseResults, type Results } from '../report/index.js'
import { interrupted } from './interrupt.js'

/** How a run in a process of its own ended. */
export interface ApartRun {
  results: Results
  /** Folder of its results, from the project's. */
  folder: string
}

interface ApartOptions {
  environment?: Record<string, string>
  /** Whether what it tells while it runs is shown. Of several side by side it is not. */
  shown: boolean
}

/**
 * `stackrig test` in a process of its own: one that hangs or dies takes no other with it. Throws the reason of an interruption.
 * @param words what stands after `test`
 * @throws StackrigError USAGE when it refuses these words, INTERNAL when it leaves no results.
 */
export async function runApart(
  words: readonly string[],
  { environment = {}, shown }: ApartOptions,
): Promise<ApartRun> {
  interrupted.throwIfAborted()
  // When this process is killed, it ends in order.
  const [program, ...line] = endingWithUs('TERM', process.execPath, process.argv[1] ?? '', 'test', ...words)
  const ran = await execa(program, line, {
    cwd: projectFolder,
    env: environment,
    stdin: 'ignore',
    stderr: shown ? 'inherit' : 'pipe',
    reject: false,
    cancelSignal: interrupted,
    forceKillAfterDelay: 60_000,
  })
  interrupted.throwIfAborted()
  const folder = /^report: (.+)$/m.exec(ran.stdout)?.[1]
  const results =
    folder === undefined ? undefined : parseResults(await readFile(join(folder, 'results.json'), 'utf8'))
  if (folder !== undefined && results) return { results, folder: relative(projectFolder, folder) }
  const refused = ran.exitCode === 2
  throw new StackrigError(
    refused ? 'USAGE' : 'INTERNAL',
    refused ? 'these tests must be such as can be run' : 'a run must leave its results',
    {
      where: `stackrig test ${words.join(' ')}`,
      seen: `${ran.stdout}\n${ran.stderr ?? ''}`.trim().slice(-2000) || `exit status ${ran.exitCode ?? '?'}`,
    },
  )
}

import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, symlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { createVitest } from 'vitest/node'
import { z } from 'zod'
import { StackrigError } from '../errors/index.js'
import { projectFolder } from '../paths.js'
import { interrupted } from './interrupt.js'

/** One test as it ended. */
interface TestOutcome {
  file: string
  name: string
  passed: boolean
  skipped: boolean
  /** ms */
  duration: number
}

/** How a run ended. */
export interface RunOutcome {
  ok: boolean
  tests: TestOutcome[]
  folder: string
}

// The part of vitest's JSON report (the form of Jest's) that is needed here.
const reportSchema = z.object({
  success: z.boolean(),
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      message: z.string().optional(),
      assertionResults: z.array(
        z.object({ fullName: z.string(), status: z.string(), duration: z.number().nullish() }),
      ),
    }),
  ),
})

/** Makes `results/<time>`, where this run's tests leave what they find. */
export async function makeResultsFolder(): Promise<string> {
  const time = new Date().toISOString().slice(0, 19).replaceAll(':', '-')
  // Two runs may start in the same second.
  const folder = join(
    projectFolder,
    'results',
    existsSync(join(projectFolder, 'results', time)) ? `${time}-${process.pid}` : time,
  )
  await mkdir(folder, { recursive: true })
  process.env['STACKRIG_RESULTS'] = folder
  return folder
}

/** Which tests are run. */
export interface TestChoice {
  projects: string[]
  /** Those whose path contains one of these; none for all. */
  files: string[]
  /** Those tagged `slow`, too. */
  slow: boolean
}

/** Runs tests in this process; Ctrl-C lets the running test clean up before it ends. */
export async function runVitest(choice: TestChoice, folder: string): Promise<RunOutcome> {
  const own = new Set([...process.listeners('SIGINT'), ...process.listeners('SIGTERM')])
  const vitest = await createVitest('test', {
    root: projectFolder,
    run: true,
    watch: false,
    project: choice.projects,
    ...(!choice.slow && { tagsFilter: ['!slow'] }),
  })
  // Vitest's own handlers would end this process before anything is cleaned up.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    for (const listener of process.listeners(signal)) if (!own.has(listener)) process.off(signal, listener)
  }
  const cancel = (): void => void vitest.cancelCurrentRun('keyboard-input')
  interrupted.addEventListener('abort', cancel, { once: true })
  try {
    interrupted.throwIfAborted()
    const found = await vitest.globTestSpecifications(choice.files)
    if (found.length === 0) {
      throw new StackrigError('USAGE', 'a test file is named by a part of its path', {
        seen: `none of ${choice.projects.join(', ')} has one with ${choice.files.join(', ')}`,
      })
    }
    await linkLatest(folder)
    await vitest.start(choice.files)
  } finally {
    interrupted.removeEventListener('abort', cancel)
    await vitest.close()
  }
  const tests = await readReport(join(folder, 'results.json'))
  const ok =
    process.exitCode !== 1 && tests.length > 0 && tests.every(({ passed, skipped }) => passed || skipped)
  return { ok: ok && !interrupted.aborted, tests, folder }
}

/** `results/latest` leads to the folder. */
async function linkLatest(folder: string): Promise<void> {
  const link = `${folder}.latest`
  await symlink(basename(folder), link)
  await rename(link, join(dirname(folder), 'latest'))
}

async function readReport(file: string): Promise<TestOutcome[]> {
  const text = await readFile(file, 'utf8').catch(() => undefined)
  if (text === undefined) return []
  const report = reportSchema.parse(JSON.parse(text))
  return report.testResults.flatMap((result) => {
    const file = result.name.replace(`${projectFolder}/`, '')
    const tests = result.assertionResults.map((test) => ({
      file,
      name: test.fullName,
      passed: test.status === 'passed',
      skipped: test.status === 'skipped' || test.status === 'todo' || test.status === 'pending',
      duration: test.duration ?? 0,
    }))
    // A file that could not be loaded has no tests that could say so; where a hook failed, they were left out.
    const itself = { file, name: 'the file itself', passed: false, skipped: false, duration: 0 }
    const told = result.status !== 'failed' || tests.some(({ passed, skipped }) => !passed && !skipped)
    return told ? tests : [itself, ...tests]
  })
}

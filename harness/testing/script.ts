import { createInterface } from 'node:readline'
import { join } from 'node:path'
import { execa } from 'execa'
import { ensureBuilt } from '../build.mjs'
import { projectFolder } from '../paths.js'

// Translated once, not by every script.
const harness = join(await ensureBuilt(), 'harness')

/** What every script can use. */
const preamble = `
const { pair, pocketHost, pairGolden, atOnce } = await import('${harness}/testing/pocket.js')
const { attachCluster, bootCluster, defineTopology } = await import('${harness}/cluster/index.js')
const { ensureGolden, forkCluster } = await import('${harness}/snapshot/index.js')
const report = (value) => console.log(JSON.stringify(value))
const fails = (work) => work.then(() => report({ code: 'none' }), ({ code, message }) => report({ code, message }))
`

interface ScriptOptions {
  /** The words before the command line, e.g. those of unshare(1). */
  within?: string[]
  env?: Record<string, string>
}

type Script = ReturnType<typeof startScript>

/** Runs a few lines of JavaScript that use the harness in a process of their own; each \`report\` is a line of JSON. */
export function startScript(lines: string, { within = [], env = {} }: ScriptOptions = {}) {
  const node = [process.execPath, '--input-type=module', '--eval', preamble + lines]
  const [program = '', ...args] = [...within, ...node]
  return execa(program, args, { reject: false, cwd: projectFolder, env })
}

/** The first thing a script reports; its complaint when it reports nothing. */
export async function firstReport<T>(script: Script): Promise<T> {
  // Not by execa's iterable: leaving that waits for the script's end.
  const reported = new Promise<T>((resolve) => {
    createInterface({ input: script.stdout }).on('line', (line) => {
      if (line.startsWith('{')) resolve(JSON.parse(line) as T)
    })
  })
  const ended = script.then(({ stderr }) => {
    throw new Error(`the script reported nothing:\n${stderr}`)
  })
  return Promise.race([reported, ended])
}

/** The error that a script's work ended with. */
export async function failureOf(lines: string, options: ScriptOptions): Promise<Failure> {
  return firstReport<Failure>(startScript(lines, options))
}

export interface Failure {
  code: string
  message: string
}

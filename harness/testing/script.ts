import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { ensureModules } from '../build.mjs'
import { projectFolder } from '../paths.js'

// Translated once, not by every script; who runs in a build has it around.
const around = fileURLToPath(new URL('..', import.meta.url))
const harness = existsSync(join(around, 'index.js')) ? around : join(await ensureModules(), 'harness')

/** What every script can use. */
const preamble = `
const { makeFaults } = await import('${harness}/faults/index.js')
const harness = '${harness}'
const { pair, pocketHost, pairGolden, atOnce } = await import('${harness}/testing/pocket.js')
const { attachCluster, bootCluster, defineTopology } = await import('${harness}/cluster/index.js')
const { ensureGolden, ensureStage, forkCluster, ForkPool, removeSnapshot } = await import('${harness}/snapshot/index.js')
const { buildImages, importImages } = await import('${harness}/images/index.js')
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

import { execa, type Options } from 'execa'
import { projectFolder } from '../paths.js'
import { interrupted } from './interrupt.js'

const cluster = `bench-${process.pid}`

/** ms that a command takes, from its process's beginning to its end: `ps`, and `up` of the three nodes. */
export async function measureCommands(): Promise<{ ps: number; up: number }> {
  const ps = await timeOf('ps')
  try {
    return { ps, up: await timeOf('up', '--name', cluster) }
  } finally {
    // Also when it came to run just when somebody pressed Ctrl-C: of none, `down` says so.
    await run(['down', cluster], { reject: false })
  }
}

async function timeOf(...words: string[]): Promise<number> {
  const started = performance.now()
  await run(words, { cancelSignal: interrupted, forceKillAfterDelay: 60_000 })
  return performance.now() - started
}

async function run(words: string[], options: Options): Promise<void> {
  await execa(process.execPath, [process.argv[1] ?? '', ...words], {
    ...{ cwd: projectFolder, stdin: 'ignore', ...options },
  })
}

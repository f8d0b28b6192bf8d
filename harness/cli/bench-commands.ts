import { execa } from 'execa'
import { projectFolder } from '../paths.js'
import { interrupted } from './interrupt.js'

const cluster = `bench-${process.pid}`

/** ms that a command takes, from its process's beginning to its end: `ps`, and `up` of the three nodes. */
export async function measureCommands(): Promise<{ ps: number; up: number }> {
  const ps = await timeOf('ps')
  const up = await timeOf('up', '--name', cluster)
  await timeOf('down', cluster)
  return { ps, up }
}

async function timeOf(...words: string[]): Promise<number> {
  const started = performance.now()
  await execa(process.execPath, [process.argv[1] ?? '', ...words], {
    ...{ cwd: projectFolder, stdin: 'ignore', cancelSignal: interrupted, forceKillAfterDelay: 60_000 },
  })
  return performance.now() - started
}

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { CommandNode } from '../conditions/command.js'

/** A node that is this machine: a real shell, ended with all it started when its time is over. `env` is added to its environment. */
export function localNode(env: Record<string, string> = {}): CommandNode & { timeouts: number[] } {
  const timeouts: number[] = []
  return {
    name: 'local',
    timeouts,
    async execute(command, { timeout, signal, onOutput }) {
      timeouts.push(timeout)
      const late = new AbortController()
      const timer = setTimeout(() => late.abort(), timeout)
      const over = AbortSignal.any([signal, late.signal])
      over.throwIfAborted()
      const shell = spawn('sh', ['-c', command], { detached: true, env: { ...process.env, ...env } })
      const end = (): unknown => shell.pid !== undefined && process.kill(-shell.pid, 'SIGKILL')
      over.addEventListener('abort', end, { once: true })
      const output: Record<'stdout' | 'stderr', Buffer[]> = { stdout: [], stderr: [] }
      for (const stream of ['stdout', 'stderr'] as const) {
        shell[stream].on('data', (data: Buffer) => {
          output[stream].push(data)
          onOutput?.(stream, data)
        })
      }
      const [status] = (await once(shell, 'close')) as [number | null]
      clearTimeout(timer)
      over.removeEventListener('abort', end)
      over.throwIfAborted()
      return {
        exitCode: status ?? 137,
        stdout: Buffer.concat(output.stdout),
        stderr: Buffer.concat(output.stderr),
      }
    },
  }
}

import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { spawn, type IPty } from 'node-pty'
import { expect } from 'vitest'

export const program = fileURLToPath(new URL('../stackrig.mjs', import.meta.url))

/** Runs `stackrig` as a script does: without a terminal. */
export function stackrig(...args: string[]) {
  return stackrigIn({ cwd: process.cwd() }, ...args)
}

/** The same, in another project, or with another cache. */
export function stackrigIn({ cwd, cache }: { cwd: string; cache?: string }, ...args: string[]) {
  const env = { FORCE_COLOR: undefined, ...(cache !== undefined && { STACKRIG_CACHE: cache }) }
  return execa(process.execPath, [program, ...args], { cwd, reject: false, env })
}

/** The same within another command, as unshare(1) or sh(1), and with nothing in its environment but `env` when that is given. */
export function stackrigWithin(within: string[], args: string[], env?: Record<string, string>) {
  const [outer = '', ...words] = [...within, process.execPath, program, ...args]
  return execa(outer, words, { reject: false, extendEnv: env === undefined, env: env ?? {} })
}

/** `stackrig` as a person runs it: in a terminal. */
export class Terminal {
  screen = ''
  /** The exit status. */
  readonly ended: Promise<number>
  private readonly pty: IPty

  constructor(...args: string[]) {
    const env = { ...process.env, TERM: 'xterm' } as Record<string, string>
    this.pty = spawn(process.execPath, [program, ...args], { cols: 100, rows: 30, env })
    this.pty.onData((data) => (this.screen += data))
    this.ended = new Promise((resolve) => this.pty.onExit(({ exitCode }) => resolve(exitCode)))
  }

  type(text: string): void {
    this.pty.write(text)
  }

  /** As when its window is closed. */
  hangUp(): void {
    this.pty.kill('SIGHUP')
  }

  kill(): void {
    this.pty.kill('SIGKILL')
  }

  /** Resolves when the screen shows this after what was shown before the call. */
  async shows(pattern: RegExp, after = 0): Promise<void> {
    await expect.poll(() => this.screen.slice(after), { timeout: 120_000, interval: 50 }).toMatch(pattern)
  }
}

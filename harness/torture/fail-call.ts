import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { packageFolder } from '../paths.js'

/** What fails: writes, reads, or whatever needs one descriptor more. */
export type Kind = 'disk' | 'read' | 'descriptors'

/** Calls of one kind of a process that fail, the first having the number 1. */
export interface Fault {
  kind: Kind
  errno: 'ENOSPC' | 'EIO' | 'EMFILE'
  first: number
  last: number
}

/** Lines of a script that begin the counting. */
export const beginCounting = `
  const { openSync } = await import('node:fs')
  try { openSync('/fail-call/begin') } catch {}`

/** What compiles the library. */
export const compiler = '/usr/bin/gcc'

export const missingCompiler = (): string | undefined =>
  existsSync(compiler) ? undefined : `${compiler} is not there: apt-get install gcc libc6-dev`

/** Lets calls of a process fail, by a library that is loaded before all others (fail-call.c). */
export class FailCall {
  readonly #library: string
  readonly #count: string
  readonly #below: string

  /** @param below calls on files below this folder fail */
  constructor(folder: string, below: string) {
    this.#library = join(folder, 'fail-call.so')
    this.#count = join(folder, 'fail-call.count')
    this.#below = below
    const source = join(packageFolder, 'harness', 'torture', 'fail-call.c')
    execFileSync(compiler, ['-shared', '-fPIC', '-O1', '-o', this.#library, source])
  }

  /** The environment of the process. */
  environment({ kind, errno, first, last }: Fault): Record<string, string> {
    rmSync(this.#count, { force: true })
    const words = [kind, constants.errno[errno], first, last, this.#below]
    return { LD_PRELOAD: this.#library, FAIL_CALL: words.join(' '), FAIL_CALL_COUNT: this.#count }
  }

  /** How many such calls the last process has made. */
  get count(): number {
    return existsSync(this.#count) ? Number(readFileSync(this.#count).readBigInt64LE()) : 0
  }
}

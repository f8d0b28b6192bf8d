import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { hostname, userInfo } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { expect, vi } from 'vitest'
import { endingWithUs } from '../../ending-with-us.js'

/** Programs of Debian's packages slurm-wlm and munge; daemons are in no ordinary user's PATH. */
const programs = ['munged', 'slurmctld', 'slurmd', 'sbatch', 'scontrol']
const path = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`

/** Why Slurm cannot be started here; undefined when it can. */
export function withoutSlurm(): string | undefined {
  const missing = programs.filter((name) => !path.split(':').some((folder) => existsSync(join(folder, name))))
  return missing.length > 0 ? `${missing.join(', ')}: apt-get install slurm-wlm munge` : undefined
}

const machines = ['n1', 'n2'] as const
type Machine = (typeof machines)[number]

/** Ports of 127.0.0.1: slurmctld's, and those of the machines; of this process, so that two tests may run at a time. */
const portsFrom = 20_000 + 10 * (process.pid % 4000)

const patience = { timeout: 120_000, interval: 100 }

type Daemon = PromiseLike<unknown> & { kill: (signal: 'SIGKILL') => boolean }

/**
 * Slurm on this machine alone, with two machines that are two slurmd here: munge, ports, folders and the user are its own, and nothing of
 * the system's is read. It ends with the test.
 */
export class Slurm implements AsyncDisposable {
  /** Of programs that shall find it. */
  readonly env: { SLURM_CONF: string; PATH: string }
  readonly #folder: string
  readonly #daemons = new Map<string, Daemon>()

  private constructor(folder: string) {
    this.#folder = folder
    this.env = { SLURM_CONF: join(folder, 'slurm.conf'), PATH: path }
  }

  static async start(folder: string): Promise<Slurm> {
    const slurm = new Slurm(folder)
    try {
      await slurm.#begin()
    } catch (error) {
      await slurm[Symbol.asyncDispose]()
      throw error
    }
    return slurm
  }

  async #begin(): Promise<void> {
    const folder = this.#folder
    for (const name of ['', 'state', ...machines]) mkdirSync(join(folder, name))
    // munged wants its socket to be reached by all.
    chmodSync(folder, 0o711)
    writeFileSync(join(folder, 'munge.key'), randomBytes(1024), { mode: 0o400 })
    const files = {
      'key-file': 'key',
      socket: 'socket',
      'pid-file': 'pid',
      'log-file': 'log',
      'seed-file': 'seed',
    }
    const words = Object.entries(files).map(([option, end]) => `--${option}=${folder}/munge.${end}`)
    this.#startDaemon('munged', ['munged', '--foreground', '--force', ...words])
    await vi.waitFor(() => expect(existsSync(join(folder, 'munge.socket'))).toBe(true), patience)
    writeFileSync(this.env.SLURM_CONF, configuration(folder))
    this.#startDaemon('slurmctld', ['slurmctld', '-D'])
    for (const name of machines) this.startSlurmd(name)
    await vi.waitFor(
      async () => expect((await this.run('sinfo', '--noheader', '--format=%T %D')).stdout).toBe('idle 2'),
      patience,
    )
  }

  /** A daemon ends with this process, however that ends. */
  #startDaemon(name: string, words: string[]): void {
    const [program, ...rest] = endingWithUs('KILL', ...words)
    const daemon = execa(program, rest, {
      ...{ env: this.env, reject: false, stdin: 'ignore', stdout: 'ignore' },
      stderr: { file: join(this.#folder, `${name}.stderr`) },
    })
    this.#daemons.set(name, daemon)
  }

  startSlurmd(name: Machine): void {
    this.#startDaemon(name, ['slurmd', '-N', name, '-D'])
  }

  /** What runs on the machine goes on. */
  async killSlurmd(name: Machine): Promise<void> {
    await this.#kill(name)
  }

  /** Ends all that runs on a machine, as a loss of power does. */
  async killMachine(name: Machine): Promise<void> {
    await this.#kill(name)
    for (const pid of this.#processesOn(name)) process.kill(pid, 'SIGKILL')
  }

  async #kill(name: string): Promise<void> {
    const daemon = this.#daemons.get(name)
    daemon?.kill('SIGKILL')
    await daemon
  }

  /** Those of jobs, and the slurmstepd above them. */
  #processesOn(name: Machine): number[] {
    const found = new Set<number>()
    for (const pid of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
      try {
        const variables = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
        const isOurs = variables.includes(`SLURM_CONF=${this.env.SLURM_CONF}`)
        if (!isOurs || !variables.includes(`SLURMD_NODENAME=${name}`)) continue
        found.add(Number(pid))
        const parent = /^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? ''
        if (readFileSync(`/proc/${parent}/comm`, 'utf8').startsWith('slurmstepd')) found.add(Number(parent))
      } catch {
        // It has ended.
      }
    }
    return [...found]
  }

  run(program: string, ...words: string[]) {
    return execa(program, words, { env: this.env, reject: false, timeout: 60_000 })
  }

  /** Resolves with the exit status of a job when it has ended. */
  async ended(id: string, timeout: number): Promise<number> {
    return vi.waitFor(
      async () => {
        const { stdout } = await this.run('scontrol', '--oneliner', 'show', 'job', id)
        expect(stdout).toMatch(/ JobState=(COMPLETED|FAILED|CANCELLED|TIMEOUT|NODE_FAIL) /)
        return Number(/ ExitCode=(\d+):/.exec(stdout)?.[1])
      },
      { timeout, interval: 500 },
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const name of machines) await this.killMachine(name)
    for (const name of this.#daemons.keys()) await this.#kill(name)
  }
}

/** slurm.conf(5). No cgroups, no accounting, and nobody is written to. */
function configuration(folder: string): string {
  const host = hostname().replace(/\..*/, '')
  const user = userInfo().username
  const nodes = machines.map(
    (name, at) =>
      `NodeName=${name} NodeHostname=${host} NodeAddr=127.0.0.1 Port=${portsFrom + 1 + at} CPUs=1 RealMemory=1000`,
  )
  return `
ClusterName=stackrig
SlurmctldHost=${host}(127.0.0.1)
SlurmctldPort=${portsFrom}
SlurmUser=${user}
SlurmdUser=${user}
AuthType=auth/munge
AuthInfo=socket=${folder}/munge.socket
CredType=cred/munge
StateSaveLocation=${folder}/state
SlurmctldPidFile=${folder}/slurmctld.pid
SlurmctldLogFile=${folder}/slurmctld.log
SlurmdSpoolDir=${folder}/%n/spool
SlurmdPidFile=${folder}/%n/slurmd.pid
SlurmdLogFile=${folder}/%n/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
MpiDefault=none
ReturnToService=2
SlurmdTimeout=20
KillWait=5
MailProg=/bin/true
${nodes.join('\n')}
PartitionName=all Nodes=${machines.join(',')} Default=YES MaxTime=INFINITE State=UP
`
}

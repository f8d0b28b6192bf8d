import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { expect, vi } from 'vitest'

/** Programs of Debian's packages slurm-wlm and munge; daemons are in no ordinary user's PATH. */
const programs = ['munged', 'slurmctld', 'slurmd', 'sbatch', 'scontrol', 'scancel']
const path = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`

/** Why Slurm cannot be started here; undefined when it can. */
export function withoutSlurm(): string | undefined {
  const missing = programs.filter((name) => !path.split(':').some((folder) => existsSync(join(folder, name))))
  return missing.length > 0 ? `${missing.join(', ')}: apt-get install slurm-wlm munge` : undefined
}

/** Ports of 127.0.0.1: slurmctld's, and those of the machines; of this process, so that two tests may run at a time. */
const portsFrom = 20_000 + 10 * (process.pid % 4000)

type Daemon = PromiseLike<unknown> & { kill: (signal: 'SIGKILL') => boolean }

/**
 * Slurm on this machine alone, with two machines `n1` and `n2` that are two slurmd here: munge, ports, folders and the user are its own, and
 * nothing of the system's is read. It ends with the test.
 */
export class Slurm implements AsyncDisposable {
  readonly folder: string
  readonly env: Record<string, string>
  readonly #daemons = new Map<string, Daemon>()

  private constructor(folder: string) {
    this.folder = folder
    this.env = { SLURM_CONF: join(folder, 'slurm.conf'), PATH: path }
  }

  static async start(folder: string): Promise<Slurm> {
    mkdirSync(folder)
    // munged wants its socket to be reached by all.
    chmodSync(folder, 0o711)
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
    const { folder } = this
    writeFileSync(join(folder, 'munge.key'), randomBytes(1024), { mode: 0o400 })
    const munge = [
      'key-file=munge.key',
      'socket=munge.socket',
      'pid-file=munge.pid',
      'log-file=munge.log',
      'seed-file=munge.seed',
    ]
    const words = munge.map((word) => `--${word.replace('=', `=${folder}/`)}`)
    this.#daemon('munged', ['munged', '--foreground', '--force', ...words])
    await vi.waitFor(() => expect(existsSync(join(folder, 'munge.socket'))).toBe(true), patience)
    writeFileSync(this.env['SLURM_CONF'] ?? '', this.#conf())
    for (const name of ['state', 'n1', 'n2']) mkdirSync(join(folder, name))
    this.#daemon('slurmctld', ['slurmctld', '-D'])
    for (const name of ['n1', 'n2']) this.startMachine(name)
    await vi.waitFor(async () => {
      const { stdout } = await this.run('sinfo', '--noheader', '--format=%T %D')
      expect(stdout).toBe('idle 2')
    }, patience)
  }

  /** slurm.conf(5). No cgroups, no accounting, no step managers of MPI. */
  #conf(): string {
    const { folder } = this
    const host = hostname().replace(/\..*/, '')
    const user = process.getuid?.() === 0 ? 'root' : (process.env['USER'] ?? 'nobody')
    return [
      ...['ClusterName=stackrig', `SlurmctldHost=${host}(127.0.0.1)`, `SlurmctldPort=${portsFrom}`],
      ...[`SlurmUser=${user}`, `SlurmdUser=${user}`],
      ...['AuthType=auth/munge', `AuthInfo=socket=${folder}/munge.socket`, 'CredType=cred/munge'],
      ...[`StateSaveLocation=${folder}/state`, `SlurmctldPidFile=${folder}/slurmctld.pid`],
      ...[`SlurmctldLogFile=${folder}/slurmctld.log`, `SlurmdLogFile=${folder}/%n/slurmd.log`],
      ...[`SlurmdSpoolDir=${folder}/%n/spool`, `SlurmdPidFile=${folder}/%n/slurmd.pid`],
      ...['ProctrackType=proctrack/linuxproc', 'TaskPlugin=task/none', 'SelectType=select/cons_tres'],
      ...['MpiDefault=none', 'ReturnToService=2', 'SlurmdTimeout=20', 'KillWait=5', 'MailProg=/bin/true'],
      ...['n1', 'n2'].map(
        (name, at) =>
          `NodeName=${name} NodeHostname=${host} NodeAddr=127.0.0.1 Port=${portsFrom + 1 + at} CPUs=1 RealMemory=1000`,
      ),
      'PartitionName=all Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP',
      '',
    ].join('\n')
  }

  /** A daemon ends with this process, however that ends. */
  #daemon(name: string, words: string[]): void {
    const daemon = execa('setpriv', ['--pdeathsig', 'KILL', '--', ...words], {
      ...{ env: this.env, reject: false, stdin: 'ignore', stdout: 'ignore' },
      stderr: { file: join(this.folder, `${name}.stderr`) },
    })
    this.#daemons.set(name, daemon)
  }

  startMachine(name: string): void {
    this.#daemon(name, ['slurmd', '-N', name, '-D'])
  }

  /** Ends slurmd of a machine, and nothing else. */
  async killSlurmd(name: string): Promise<void> {
    const daemon = this.#daemons.get(name)
    daemon?.kill('SIGKILL')
    await daemon
  }

  /** Ends all that runs on a machine at once, as a host that loses power. */
  async killMachine(name: string): Promise<void> {
    await this.killSlurmd(name)
    for (const pid of this.#processesOf(name)) process.kill(pid, 'SIGKILL')
  }

  /** Those of jobs on a machine, and the slurmstepd above them. */
  #processesOf(name: string): number[] {
    const found = new Set<number>()
    for (const pid of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
      try {
        const variables = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
        const isOurs = variables.includes(`SLURM_CONF=${this.env['SLURM_CONF'] ?? ''}`)
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

  /** What scontrol(1) says of a job, by key; of an array, of its first task that is not done. */
  async job(id: string): Promise<Map<string, string>> {
    const { stdout } = await this.run('scontrol', '--oneliner', 'show', 'job', id)
    return new Map([...stdout.matchAll(/(\w+)=(\S*)/g)].map(([, key = '', value = '']) => [key, value]))
  }

  /** Resolves with the exit status of a job when it has ended. */
  async ended(id: string, timeout: number): Promise<number> {
    return vi.waitFor(
      async () => {
        const job = await this.job(id)
        expect(job.get('JobState')).toMatch(/^(COMPLETED|FAILED|CANCELLED|TIMEOUT|NODE_FAIL)$/)
        return Number(job.get('ExitCode')?.split(':')[0])
      },
      { timeout, interval: 500 },
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const name of ['n1', 'n2']) await this.killMachine(name)
    for (const daemon of this.#daemons.values()) {
      daemon.kill('SIGKILL')
      await daemon
    }
  }
}

const patience = { timeout: 120_000, interval: 100 }

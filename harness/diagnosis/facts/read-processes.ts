import type { Facts } from './facts.js'
import type { Part } from './parts.js'

interface Process {
  pid: string
  name: string
  state: string
  parent: string
  user: string
  /** KiB */
  memory: number
  tracer: string
}

/** What /proc says of the processes: how many of a name there are, which stand still, which take much, their limits. */
export function readProcesses(parts: readonly Part[], facts: Facts): void {
  const lines = (name: string): string[] => parts.find((part) => part.name === name)?.lines ?? []
  const processes = processesOf(lines('processes')).filter(({ parent, pid, state }) => {
    // What the kernel runs itself; and what has ended: busybox's init may look a second later (proc(5), state).
    return parent !== '2' && pid !== '2' && !/[ZX]/.test(state)
  })
  const counts = new Map<string, number>()
  for (const { pid, name, state, user, memory, tracer } of processes) {
    const key = `${name} of user ${user}`
    counts.set(key, (counts.get(key) ?? 0) + 1)
    facts.add('process', pid, name)
    if (state === 'T' || state === 't')
      facts.add(
        'stands still',
        `${name} (process ${pid}, user ${user})`,
        tracer === '0' ? 'stopped' : `traced by ${tracer}`,
      )
    if (state === 'D') facts.add('waits for a device', `${name} (process ${pid})`, state)
    if (memory > 200_000) facts.add('uses memory', `${name} (process ${pid})`, String(memory))
  }
  for (const [key, count] of counts) facts.add('processes', key, String(count))
  const nameOf = new Map(processes.map(({ pid, name }) => [pid, name]))
  for (const line of lines('units of processes')) {
    const [, pid = '', unit = ''] = /^\/proc\/(\d+)\/cgroup:.*\/([^/]+\.(?:service|scope))/.exec(line) ?? []
    if (pid !== '') facts.add('unit of process', pid, unit)
  }
  readLimits(lines('limits'), nameOf, facts)
  readTicks(lines('ticks before'), lines('ticks after'), { facts, nameOf })
}

function processesOf(lines: string[]): Process[] {
  const found: Process[] = []
  for (const line of lines) {
    const [, key = '', value = ''] = /^(\w+):\s*(.*)$/.exec(line) ?? []
    if (key === 'Name')
      found.push({ pid: '', name: value, state: '', parent: '', user: '', memory: 0, tracer: '0' })
    const process = found.at(-1)
    if (!process) continue
    if (key === 'State') process.state = value.charAt(0)
    if (key === 'Pid') process.pid = value
    if (key === 'PPid') process.parent = value
    if (key === 'TracerPid') process.tracer = value
    if (key === 'Uid') process.user = value.split(/\s+/)[0] ?? ''
    if (key === 'VmRSS') process.memory = Number.parseInt(value, 10)
  }
  return found
}

function readLimits(lines: string[], nameOf: ReadonlyMap<string, string>, facts: Facts): void {
  for (const line of lines) {
    const [, pid = '', what = '', soft = ''] =
      /^\/proc\/(\d+)\/limits:Max ([a-z ]+?) {2,}(\S+)/.exec(line) ?? []
    const name = nameOf.get(pid)
    if (name === undefined) continue
    const key = `${what} of ${name}`
    const kept = facts.get('limit', key)
    // Of several processes of a name the tightest.
    if (kept === undefined || lower(soft, kept)) facts.add('limit', key, soft)
  }
}

const lower = (one: string, other: string): boolean =>
  (one === 'unlimited' ? Infinity : Number(one)) < (other === 'unlimited' ? Infinity : Number(other))

/** The share of a processor above which a process is told of. */
const much = 0.25

/** What share of a processor each process used while the script ran; /proc counts ticks of 1/100 s. */
function readTicks(
  before: string[],
  after: string[],
  { facts, nameOf }: { facts: Facts; nameOf: ReadonlyMap<string, string> },
): void {
  const [first, last] = [ticksIn(before), ticksIn(after)]
  const elapsed = last.uptime - first.uptime
  if (!(elapsed > 1)) return
  for (const [pid, ticks] of last.used) {
    const name = nameOf.get(pid)
    const share = (ticks - (first.used.get(pid) ?? ticks)) / 100 / elapsed
    if (name !== undefined && share > much)
      facts.add('uses the processor', `${name} (process ${pid})`, `${Math.round(share * 100)} %`)
  }
}

/** s since the start of the node, and ticks by process. */
function ticksIn(lines: string[]): { uptime: number; used: Map<string, number> } {
  const used = new Map<string, number>()
  for (const line of lines) {
    const [, pid = '', rest = ''] = /^(\d+) \(.*\) (.*)$/.exec(line) ?? []
    const fields = rest.split(' ')
    if (pid !== '') used.set(pid, Number(fields[11]) + Number(fields[12]))
  }
  return { uptime: Number(/^[\d.]+/.exec(lines[0] ?? '')?.[0]), used }
}

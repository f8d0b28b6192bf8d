import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Entry } from '../../timeline/index.js'
import type { Run } from '../run.js'

const began = Date.UTC(2026, 10, 26, 14, 0, 0)

/** A run of three scenarios, as it would be found after it; the failed one has a timeline of about so many entries. */
export async function madeUpRun(folder: string, { entries = 2000, said = 'started' } = {}): Promise<Run> {
  const evidence = join(folder, 'nova', 'an-instance-boots')
  await mkdir(evidence, { recursive: true })
  const lines = timeline(entries, said).map((entry) => JSON.stringify(entry))
  await writeFile(join(evidence, 'timeline.jsonl'), `${lines.join('\n')}\n`)
  const test = { kind: 'test' as const, project: 'scenarios', tags: ['core'], failures: [] }
  const message = `server web must be ACTIVE within 10 min\n  seen:  BUILD for 71 s, then ERROR "${said}"`
  const step = { depth: 0, started: new Date(began) }
  return {
    started: new Date(began),
    duration: 130_000,
    interrupted: false,
    files: [{ project: 'scenarios', file: 'scenarios/nova.scenario.ts', duration: 124_000 }],
    outcomes: [
      {
        ...test,
        file: 'scenarios/nova.scenario.ts',
        name: 'an instance boots under KVM, and gets its address from the network node',
        state: 'failed',
        started: new Date(began),
        duration: 124_000,
        failures: [
          { class: 'product', code: 'WAIT_TIMEOUT', message, stack: `Error: ${said}\n    at x.ts:1:2` },
        ],
        steps: [
          { ...step, n: 1, name: 'upload the image', state: 'passed', duration: 20_000 },
          {
            ...step,
            n: 2,
            name: 'boot',
            state: 'failed',
            duration: 100_000,
            started: new Date(began + 20_000),
          },
        ],
        evidence,
        canRewind: true,
      },
      {
        ...test,
        file: 'scenarios/glance.scenario.ts',
        name: 'an uploaded image is the same',
        state: 'passed',
        duration: 26_000,
      },
      {
        ...test,
        file: 'scenarios/neutron.scenario.ts',
        name: 'a router',
        state: 'skipped',
        duration: 0,
        note: said,
      },
    ],
  }
}

function timeline(count: number, said: string): Entry[] {
  const at = (seconds: number): number => began + seconds * 1000
  const step = { depth: 0, status: 'passed' as const }
  const entries: Entry[] = [
    {
      t: at(0),
      end: at(20),
      lane: 'scenario',
      kind: 'step',
      text: 'upload the image',
      data: { ...step, n: 1, name: 'upload the image', path: ['upload the image'] },
    },
    {
      t: at(20),
      end: at(120),
      lane: 'scenario',
      kind: 'step',
      text: 'boot',
      data: { ...step, n: 2, name: 'boot', path: ['boot'], status: 'failed' },
    },
    {
      t: at(22),
      end: at(120),
      lane: 'scenario',
      kind: 'wait',
      text: 'server web must be ACTIVE',
      data: {
        wanted: 'ACTIVE',
        status: 'failed',
        observations: [
          { t: at(22), text: 'BUILD' },
          { t: at(93), text: `ERROR ${said}` },
        ],
      },
    },
    {
      t: at(120),
      lane: 'scenario',
      kind: 'error',
      text: `server web must be ACTIVE: ${said}`,
      data: { message: said, code: 'WAIT_TIMEOUT' },
    },
  ]
  const nodes = ['controller', 'compute', 'network']
  for (let n = 0; n < count; n++) {
    const t = at((n / count) * 124)
    const node = nodes[n % 3] ?? 'controller'
    if (n % 50 === 0) {
      const url = 'http://controller:8774/v2.1/servers/1'
      entries.push({
        t,
        end: t + 400,
        lane: 'api',
        kind: 'call',
        text: 'GET servers/1 200',
        data: { method: 'GET', url, status: 200, response: said },
      })
    } else if (n % 70 === 1) {
      entries.push({
        t,
        end: t + 900,
        lane: `node:${node}`,
        kind: 'command',
        text: 'virsh list',
        data: { node, command: 'virsh list', status: n % 140 === 1 ? 0 : 1, stdout: said },
      })
    } else {
      const unit = ['nova-compute', 'neutron-server', 'rabbitmq'][n % 5] ?? 'kernel'
      entries.push({
        t,
        lane: `node:${node}`,
        kind: 'log',
        text: `${unit}: request req-${n} ${said}`,
        data: { node, unit, priority: n % 997 === 0 ? 3 : 6 },
      })
    }
  }
  return entries
}

import type { Subject } from '../draft.js'
import type { CallNote, CommandNote, GapNote, MarkNote, PageNote, ProgramNote } from '../note.js'

let now = 0

/** A second later than the last, unless another pause is given, ms. */
function times(pause = 1000, lasted = 100): { began: number; ended: number } {
  const began = now + pause
  now = began + lasted
  return { began, ended: now }
}

interface Ran extends Partial<Omit<CommandNote, 'kind'>> {
  pause?: number
  lasted?: number
}

export const ran = (command: string, { pause, lasted, ...more }: Ran = {}): CommandNote => ({
  ...{ kind: 'command', node: 'one', command, before: [], exitCode: 0, stdout: '', stderr: '' },
  ...times(pause, lasted),
  ...more,
})

export const program = (
  command: string,
  more: Partial<ProgramNote> & { pause?: number } = {},
): ProgramNote => {
  const { pause, ...rest } = more
  return { kind: 'program', command, exitCode: 0, output: '', ...times(pause), ...rest }
}

export const call = (method: string, url: string, more: Partial<CallNote> = {}): CallNote => ({
  ...{ kind: 'call', method, url, status: 200 },
  ...times(10),
  ...more,
})

export const did = (action: PageNote['action'], at: string, value?: string): PageNote => ({
  ...{ kind: 'page', action, at },
  ...(value === undefined ? {} : { value }),
  ...times(),
})

export const gap = (what: string, why: string): GapNote => ({ kind: 'gap', what, why, ...times() })

export const says = (text: string, not = false): MarkNote => ({ kind: 'mark', expects: { text, not } })
export const status = (number: number): MarkNote => ({ kind: 'mark', expects: { status: number } })

export const onPocket: Subject = {
  title: 'what a person did',
  remarks: ['Recorded.'],
  start: { name: 'pocket', variable: 'pocket', from: '../fixtures/topologies/pocket.js', topology: 'pocket' },
  harness: '../harness/index.js',
}

export const onThreeNode: Subject = {
  ...onPocket,
  start: {
    ...{ name: 'three-node', variable: 'threeNode', from: '../fixtures/topologies/three-node.js' },
    topology: 'threeNode',
  },
  ports: { identity: 5000, image: 9292, placement: 8778, compute: 8774, network: 9696, volumev3: 8776 },
  horizonUrl: 'http://controller:8080',
}

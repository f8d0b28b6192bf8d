import { commandLine } from './command-line.js'
import type { CallNote, CommandNote, GapNote, MarkNote, Note, PageNote, ProgramNote } from './note.js'

/** What a scenario does, in order: notes without the tries that came to nothing, and with what was expected of each. */
export type Act = (CommandAct | ProgramAct | PageAct | GapNote) & {
  /** The part of the scenario that it belongs to, when the person named one. */
  section?: string
}

export type Expectation = MarkNote['expects']

interface Seen {
  expects: Expectation[]
  /** Whether it was the last thing that was seen. */
  isLast: boolean
  /** How often it was tried before. */
  tries: number
  /** From the first try to the end of the last, ms. */
  lasted: number
  /** Whether the person had waited before it, or had tried it before: what it needs may come late. */
  isLate: boolean
}

export type CommandAct = Omit<CommandNote, 'kind'> & Seen & { kind: 'command' }
export type ProgramAct = Omit<ProgramNote, 'kind'> & Seen & { kind: 'program'; calls: CallNote[] }
export type PageAct = Omit<PageNote, 'kind'> & Seen & { kind: 'page' }

/** A person who does nothing for so long has waited for something, ms. */
const patience = 5000

type DoneNote = CommandNote | ProgramNote | PageNote

/** What was done, with what belongs to it. */
interface Done {
  act: Act
  /** The same words in the same place mean the same: a command tried again. Undefined for what is not tried. */
  key: string | undefined
  failed: boolean
}

/** What a scenario has to do so that it does what the notes say. */
export function actsOf(notes: readonly Note[]): Act[] {
  const merged = withoutTries(collected(notes))
  const last = merged.findLast(({ act }) => act.kind !== 'gap')
  if (last && last.act.kind !== 'gap') last.act.isLast = true
  return merged.map(({ act }) => act).filter((act) => !isPause(act))
}

function collected(notes: readonly Note[]): Done[] {
  const all: Done[] = []
  let section: string | undefined
  let calls: CallNote[] = []
  let ended: number | undefined
  for (const note of notes) {
    switch (note.kind) {
      case 'step':
        section = note.name
        break
      case 'mark': {
        // As the person was told: of the last thing that was seen, whatever could not be recorded since.
        const seen = all.findLast(({ act }) => act.kind !== 'gap')?.act
        if (seen && seen.kind !== 'gap') seen.expects.push(note.expects)
        break
      }
      case 'call':
        calls.push(note)
        break
      case 'command':
      case 'program':
      case 'page':
      case 'gap': {
        const waited = ended !== undefined && note.began - ended >= patience
        const act = actOf(note, note.kind === 'program' ? calls : [], waited)
        // Those of a program in the background belong to the next one.
        if (note.kind === 'program') calls = []
        all.push({
          act: section === undefined ? act : { ...act, section },
          key: keyOf(note),
          failed: failed(note),
        })
      }
    }
    if ('ended' in note && note.kind !== 'call') ended = isPause(note) ? ended : note.ended
  }
  return all
}

/** A person who types `sleep` waits as one who does nothing. */
const isPause = (note: Note | Act): boolean => note.kind === 'gap' && note.why === pauseReason

/** Why a pause is no part of a scenario. */
export const pauseReason = 'a scenario waits for what it needs'

function actOf(note: DoneNote | GapNote, calls: CallNote[], isLate: boolean): Act {
  if (note.kind === 'gap') return note
  const seen: Seen = { expects: [], isLast: false, tries: 0, lasted: note.ended - note.began, isLate }
  return note.kind === 'program' ? { ...note, ...seen, calls } : { ...note, ...seen }
}

function keyOf(note: DoneNote | GapNote): string | undefined {
  if (note.kind === 'command') return `${note.node}\n${commandLine(note.before, note.command)}`
  return note.kind === 'program' ? `\n${note.command}` : undefined
}

function failed(note: DoneNote | GapNote): boolean {
  return (note.kind === 'command' || note.kind === 'program') && note.exitCode !== 0
}

/**
 * A command that failed and was tried again is its last try. What was looked at again and again, until it was as wanted, is
 * looked at as it was in the end.
 */
function withoutTries(all: readonly Done[]): Done[] {
  const kept: Done[] = []
  all.forEach((done, index) => {
    const later = laterTry(all, index)
    if (later === undefined) kept.push(done)
    else if (later.act.kind !== 'gap' && done.act.kind !== 'gap') {
      later.act.tries = Math.max(later.act.tries, done.act.tries + 1)
      later.act.isLate = true
      later.act.lasted = Math.max(later.act.lasted, later.act.ended - (done.act.ended - done.act.lasted))
    }
  })
  return kept
}

function laterTry(all: readonly Done[], index: number): Done | undefined {
  const done = all[index]
  if (done?.key === undefined || done.act.kind === 'gap' || done.act.expects.length > 0) return undefined
  const isSame = (one: Done): boolean => one.key === done.key
  const rest = all.slice(index + 1).filter(({ act }) => act.kind !== 'gap')
  const next = rest[0]
  if (done.failed)
    return rest.find((one) => isSame(one) && !one.failed) ?? (next && isSame(next) ? next : undefined)
  // A look, not something that was done twice: it says something, and in the end the person says what it should.
  if (!next || !isSame(next) || !says(done.act)) return undefined
  const run = rest.slice(0, rest.findIndex((one) => !isSame(one)) >>> 0)
  // One that fails in the end, or has changed something, was done several times.
  if (run.some((one) => one.failed) || [done, ...run].some(({ act }) => changes(act))) return undefined
  const end = run.at(-1)
  const isLook = end?.act.kind !== 'gap' && (end?.act.expects.length !== 0 || run.length === rest.length)
  return isLook ? next : undefined
}

const says = (act: Act): boolean =>
  act.kind === 'command' ? act.stdout.trim() !== '' : act.kind === 'program' && act.output.trim() !== ''

/** Whether a program has changed something in the cloud; tokens are asked for by each. Of a command on a node nobody can tell. */
const changes = (act: Act): boolean =>
  act.kind === 'program' &&
  act.calls.some(({ method, url }) => !['GET', 'HEAD'].includes(method) && !/\/tokens(\/|\?|$)/.test(url))

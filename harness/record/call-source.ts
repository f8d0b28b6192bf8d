import type { Expectation, ProgramAct } from './acts.js'
import { stepName, type Draft, type Part } from './draft.js'
import { entriesOf, isMadeUp, knownIds, type Origin } from './known-ids.js'
import { commentText, patternText, stringLiteral } from './literal.js'
import type { CallNote } from './note.js'
import { isOverhead, servicePath, type ServicePath } from './service-path.js'
import { typedCall, watchedKinds } from './typed-call.js'

/** A call of a service, as a scenario makes it again. */
interface ServiceCall extends ServicePath {
  note: CallNote
}

/** States in the middle of something: another run may have passed them before it looks. */
const passing =
  /^(build|rebuild|creating|saving|queued|importing|attaching|detaching|deleting|pending\w*|down)$/i

/** Writes what programs of this machine did: the calls that they made, for they themselves are no part of a scenario. */
export class CallSource {
  readonly #draft: Draft
  #known = new Map<string, Origin>()
  readonly #all: CallNote[] = []
  /** Expressions for identifiers. */
  readonly #values = new Map<string, string>()
  /** Variables that have a thing of a client's, with a state that can be waited for. */
  readonly #resources = new Map<string, string>()

  constructor(draft: Draft) {
    this.#draft = draft
  }

  part(act: ProgramAct): Part {
    this.#all.push(...act.calls)
    this.#known = knownIds(this.#all, this.#draft.subject.ports)
    const written = new Written()
    const { lines, gives, uses } = written
    for (const call of this.#changing(act)) this.#change(act, call, written)
    this.#observe(act, written)
    if (lines.length === 0) lines.push(this.#leftOut(act))
    // The person was told that the scenario fails here.
    for (const unmet of written.unmet)
      lines.push(`await Promise.reject(new Error(${stringLiteral(unmetText(unmet, act))}))`)
    return { name: stepName(act.command), lines, gives, uses }
  }

  #leftOut({ command, exitCode, calls, isLast, expects }: ProgramAct): string {
    const why = calls.length > 0 ? 'it only looked' : 'a program of this machine, not of the cluster'
    const lost = (isLast && calls.length === 0) || expects.length > 0
    const next = lost ? '; what was seen of it is to be asserted by hand' : ''
    return `// Left out: ${commentText(command)} (${why}; it exited ${exitCode}${next}).`
  }

  #services(act: ProgramAct): ServiceCall[] {
    return act.calls.flatMap((note) => {
      const asked = servicePath(note.url, this.#draft.subject.ports)
      return asked && !isOverhead(asked) ? [{ ...asked, note }] : []
    })
  }

  /** What changed something. One that failed and was made again is its last try. */
  #changing(act: ProgramAct): ServiceCall[] {
    const changing = this.#services(act).filter(({ note }) => !['GET', 'HEAD'].includes(note.method))
    const same = (a: CallNote, b: CallNote): boolean =>
      a.method === b.method && a.url === b.url && JSON.stringify(a.json) === JSON.stringify(b.json)
    return changing.filter(
      ({ note }, index) =>
        !hasFailed(note) || !changing.slice(index + 1).some((later) => same(later.note, note)),
    )
  }

  #change(act: ProgramAct, call: ServiceCall, written: Written): void {
    const { note } = call
    const upload = this.#uploadOf(act, call)
    if (upload === 'with its image') return
    const { code, gives } = upload ?? this.#call(call, written)
    const texts = textsSaid(act, note)
    if (hasFailed(note)) {
      const isRight = act.expects.some((one) => 'text' in one || one.status !== 0) || !act.isLast
      if (isRight) {
        const said = texts.find(({ text }) => saysInWords(note.answer, text))
        written.lines.push(this.#refused(code, note, said?.text))
        for (const { text } of texts) written.asserted.add(text)
      } else written.lines.push(`await ${code}`)
      return
    }
    const [made] = note.method === 'POST' ? entriesOf(note.answer) : []
    const answer = gives === 'answer' && texts.length > 0 ? this.#answered(code, texts, written) : undefined
    if (!made || gives === 'nothing') {
      if (answer === undefined) written.lines.push(`await ${code}`)
      return
    }
    const { id } = made.entry
    // Nova answers with the identifier alone.
    const name = made.entry.name ?? requestedName(note.json, made.key)
    const kind = made.key ?? this.#known.get(id)?.kind ?? 'made'
    const variable = this.#draft.variable(typeof name === 'string' && /[a-z]/i.test(name) ? name : kind)
    written.gives.push(variable)
    if (gives === 'resource') {
      this.#values.set(id, `${variable}.id`)
      this.#resources.set(id, variable)
      written.lines.push(`const ${variable} = await ${code}`)
    } else {
      this.#values.set(id, variable)
      const at = made.key === undefined ? "'id'" : `${stringLiteral(made.key)}, 'id'`
      written.lines.push(`const ${variable} = ${answer ?? `(await ${code})`}.at(${at})`)
    }
  }

  /** A variable of what a service said to a change, with what it must say. */
  #answered(code: string, texts: readonly Said[], written: Written): string {
    const variable = this.#draft.variable('answer')
    written.lines.push(`const ${variable} = await ${code}`)
    for (const { text, pattern } of texts) {
      written.lines.push(
        `${this.#draft.uses('expect')}(${variable}.text).toMatch(${patternLiteral(pattern)})`,
      )
      written.asserted.add(text)
    }
    return variable
  }

  #call(call: ServiceCall, written: Written): { code: string; gives: 'resource' | 'answer' | 'nothing' } {
    const text = (value: string): string => this.#value(value, written)
    const typed = typedCall(call, { value: text, nameOf: (id) => this.#nameOf(id) })
    const cloud = this.#draft.fixture('cloud')
    if (typed) return { code: `${cloud}.${typed.code}`, gives: typed.gives }
    const { note, type, path } = call
    const json = note.json === undefined ? [] : [`json: ${this.#json(note.json, written)}`]
    const options = optionsOf([...json, ...versionOf(note)])
    const code = `${cloud}.request('${type}', '${note.method}', ${this.#path(path, written)}${options})`
    const lost = note.size !== undefined && note.json === undefined
    if (lost) written.lines.push(`// The ${note.size} bytes that were sent were not recorded.`)
    return { code, gives: 'answer' }
  }

  /** Glance gets an image in two calls: what it is, and its data. */
  #uploadOf(
    act: ProgramAct,
    { type, path, note }: ServiceCall,
  ): { code: string; gives: 'resource' } | 'with its image' | undefined {
    if (type !== 'image') return undefined
    const [, id] = /^\/images\/([^/]+)\/file$/.exec(path) ?? []
    if (id !== undefined && note.method === 'PUT') {
      const origin = this.#known.get(id)
      return origin && 'made' in origin && act.calls.includes(origin.made) ? 'with its image' : undefined
    }
    if (note.method !== 'POST' || path !== '/images') return undefined
    const [made] = entriesOf(note.answer)
    const isData = ({ note: other, path: at }: ServiceCall): boolean =>
      other.method === 'PUT' && at === `/images/${made?.entry.id ?? ''}/file`
    if (!this.#services(act).some(isData)) return undefined
    const disk = this.#draft.fixture('guestDisk')
    const name = stringLiteral(typeof made?.entry.name === 'string' ? made.entry.name : 'image')
    return {
      code: `${this.#draft.fixture('cloud')}.glance.upload({ name: ${name}, file: ${disk} })`,
      gives: 'resource',
    }
  }

  /** What was seen: of a thing its state, of what should be said the answer that says it. */
  #observe(act: ProgramAct, written: Written): void {
    const looks = this.#services(act).filter(({ note }) => note.method === 'GET')
    for (const one of act.expects) {
      const before = written.lines.length
      if ('text' in one) this.#expectText(act, looks, one, written)
      if (!isMet(one, act) && written.lines.length === before) written.unmet.push(one)
    }
    this.#plainAnswers(act, written)
    if (act.expects.length > 0) {
      this.#expectStatus(act, looks.at(-1), written)
      return
    }
    if (!act.isLast && !act.isLate && written.lines.length > 0) return
    const last = looks.at(-1)
    if (last && (act.isLast || act.isLate)) this.#state(act, last, written)
  }

  /** A client that was refused says so with its exit status. */
  #expectStatus(act: ProgramAct, last: ServiceCall | undefined, written: Written): void {
    const isRight = act.expects.every((one) => 'status' in one && one.status !== 0 && isMet(one, act))
    if (written.lines.length > 0 || !isRight || !last || !hasFailed(last.note)) return
    written.lines.push(this.#refused(this.#plainGet(last, written), last.note))
  }

  #state(act: ProgramAct, look: ServiceCall, written: Written): void {
    const { note, path } = look
    if (hasFailed(note)) {
      // A client looks by identifier first, and then by name: only when it ended with that is it what was seen.
      if (act.isLast && act.exitCode !== 0 && written.lines.length === 0)
        written.lines.push(`await ${this.#plainGet(look, written)}`)
      return
    }
    const [found] = entriesOf(note.answer)
    const isOne = found !== undefined && path.includes(found.entry.id)
    const status = isOne ? (found.entry as { status?: unknown }).status : undefined
    if (!isOne || typeof status !== 'string' || passing.test(status)) return
    written.lines.push(
      this.#becomes(
        found.entry.id,
        found.key ?? this.#known.get(found.entry.id)?.kind,
        status,
        look,
        written,
      ),
    )
  }

  #becomes(
    id: string,
    kind: string | undefined,
    status: string,
    look: ServiceCall,
    written: Written,
  ): string {
    const expect = this.#draft.uses('expect')
    const resource = this.#resources.get(id)
    const timeout = "{ timeout: '15min' }"
    if (resource !== undefined) {
      written.uses.push(resource)
      return `await ${expect}(${resource}).toBecome(${stringLiteral(status)}, ${timeout})`
    }
    const get = watchedKinds[kind ?? '']
    if (get !== undefined) {
      const cloud = this.#draft.fixture('cloud')
      const asked = `await ${cloud}.${get}(${this.#value(id, written)})`
      return `await ${expect}(${asked}).toBecome(${stringLiteral(status)}, ${timeout})`
    }
    return this.#waitForAnswer(look, `"status": ?${patternText(JSON.stringify(status))}`, written)
  }

  #expectText(
    act: ProgramAct,
    looks: readonly ServiceCall[],
    { text, not }: { text: string; not: boolean },
    written: Written,
  ): void {
    if (written.asserted.has(text) && !not) return
    const look = looks.findLast(({ note }) => patternIn(note.answer, text) !== undefined)
    const wanted = look ?? looks.at(-1)
    if (!wanted) return
    const isSeen = look !== undefined || act.output.includes(text)
    if (hasFailed(wanted.note) && isSeen !== not) {
      const said = not || !saysInWords(wanted.note.answer, text) ? undefined : text
      written.lines.push(this.#refused(this.#plainGet(wanted, written), wanted.note, said))
      return
    }
    if (look === undefined && act.output.includes(text)) {
      written.lines.push(`// What the program said, and no answer did: ${commentText(text)}.`)
      return
    }
    if (not) {
      const said = `(await ${this.#plainGet(wanted, written)}).text`
      written.lines.push(`${this.#draft.uses('expect')}(${said}).not.toContain(${stringLiteral(text)})`)
      return
    }
    const owner = entriesOf(wanted.note.answer).find(
      ({ entry }) =>
        (entry as { status?: unknown }).status === text &&
        (this.#known.has(entry.id) || this.#values.has(entry.id)),
    )
    written.lines.push(
      owner
        ? this.#becomes(owner.entry.id, owner.key, text, wanted, written)
        : this.#waitForAnswer(
            wanted,
            patternIn(wanted.note.answer, text) ?? patternText(jsonText(text)),
            written,
            {
              isSeen: look !== undefined,
            },
          ),
    )
  }

  #waitForAnswer(look: ServiceCall, pattern: string, written: Written, { isSeen = true } = {}): string {
    const { type, path } = look
    const answer = this.#draft.uses('apiAnswer')
    const condition = `${answer}(${this.#draft.fixture('cloud')}, '${type}', ${this.#path(path, written)}, ${patternLiteral(pattern)})`
    return `await ${this.#draft.uses('waitFor')}(${condition}, { timeout: '${isSeen ? '15min' : '1min'}' })`
  }

  #plainGet({ type, path, note }: ServiceCall, written: Written): string {
    const options = optionsOf(versionOf(note))
    return `${this.#draft.fixture('cloud')}.request('${type}', 'GET', ${this.#path(path, written)}${options})`
  }

  /** That a call is refused as it was; `text` is what the service says to it. */
  #refused(code: string, { status }: CallNote, text?: string): string {
    const expect = this.#draft.uses('expect')
    const said =
      text === undefined ? '' : `, said: ${expect}.stringContaining(${stringLiteral(text)}) as string`
    return `await ${expect}(${code}).rejects.toMatchObject({ code: 'API_FAILED', status: ${status ?? 'undefined'}${said} })`
  }

  /** What was asked of a server that is none of the cloud's services. */
  #plainAnswers(act: ProgramAct, written: Written): void {
    const others = act.calls.filter(({ url }) => !servicePath(url, this.#draft.subject.ports))
    for (const { method, url, status } of others) {
      if (method !== 'GET' || !url.startsWith('http:')) {
        written.lines.push(`// Left out: ${commentText(`${method} ${url}`)} (no service of the cloud).`)
        continue
      }
      const texts = act.expects.flatMap((one) => ('text' in one && !one.not ? [one.text] : []))
      const body = texts[0] === undefined ? '' : `body: ${patternLiteral(patternText(texts[0]))}`
      const options = [
        ...(status === undefined || status === 200 ? [] : [`status: ${status}`]),
        ...(body ? [body] : []),
      ]
      const dial = `${this.#draft.fixture('cluster')}.dial`
      const rest = options.length === 0 ? '' : `, { ${options.join(', ')} }`
      const wait = `${this.#draft.uses('waitFor')}(${this.#draft.uses('http')}(${dial}, ${stringLiteral(url)}${rest})`
      const unseen = status === undefined || texts.some((text) => !act.output.includes(text))
      written.lines.push(`await ${wait}${unseen ? ", { timeout: '30s' }" : ''})`)
    }
  }

  /** A text of a request: an identifier is looked up, or is that of what was made. */
  #value(text: string, written: Written): string {
    const value = this.#values.get(text)
    if (value !== undefined) {
      written.uses.push(value.replace(/\.id$/, ''))
      return value
    }
    const origin = this.#known.get(text)
    if (!origin || !('listed' in origin) || (!isMadeUp(text) && origin.name === text))
      return stringLiteral(text)
    const variable = this.#draft.variable(`${origin.kind} id`)
    const { type, path } = origin.listed
    const cloud = this.#draft.fixture('cloud')
    written.lines.push(
      `const ${variable} = await ${cloud}.idOf('${type}', ${stringLiteral(path)}, ${stringLiteral(origin.name)})`,
    )
    written.gives.push(variable)
    written.uses.push(variable)
    this.#values.set(text, variable)
    return variable
  }

  /** The name of what was there before, for methods that find it by name. */
  #nameOf(id: string): string | undefined {
    const origin = this.#known.get(id)
    return origin && 'listed' in origin ? origin.name : undefined
  }

  #path(path: string, written: Written): string {
    const pieces = path.split(/([^/?&=]+)/)
    const values = pieces.map((piece) =>
      // A short one, as a flavor's `1`, may mean something else here.
      isMadeUp(piece) && (this.#known.has(piece) || this.#values.has(piece))
        ? this.#value(piece, written)
        : undefined,
    )
    if (values.every((value) => value === undefined || value.startsWith("'"))) return stringLiteral(path)
    const inside = pieces.map((piece, index) => {
      const value = values[index]
      return value === undefined || value.startsWith("'")
        ? stringLiteral(piece)
            .slice(1, -1)
            .replaceAll(/[`$]/g, String.raw`\$&`)
        : `\${${value}}`
    })
    return `\`${inside.join('')}\``
  }

  #json(value: unknown, written: Written): string {
    if (typeof value === 'string') return this.#value(value, written)
    if (Array.isArray(value)) return `[${value.map((one) => this.#json(one, written)).join(', ')}]`
    if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null)
    const fields = Object.entries(value).map(
      ([name, inner]) => `${keyLiteral(name)}: ${this.#json(inner, written)}`,
    )
    return `{ ${fields.join(', ')} }`
  }
}

/** Lines, and the variables that they declare. */
class Written {
  readonly lines: string[] = []
  readonly gives: string[] = []
  readonly uses: string[] = []
  /** Texts that were expected, and that a line asks for. */
  readonly asserted = new Set<string>()
  /** What was not so when it was recorded, and no line asks for. */
  readonly unmet: Expectation[] = []
}

function requestedName(json: unknown, key: string | undefined): unknown {
  const fields = (key === undefined ? json : (json as Record<string, unknown> | undefined)?.[key]) as
    { name?: unknown } | null | undefined
  return fields?.name
}

const hasFailed = ({ status }: CallNote): boolean => status === undefined || status >= 400

/** `__proto__: x` in a literal would set a prototype. */
const keyLiteral = (name: string): string =>
  /^[A-Za-z_]\w*$/.test(name) && name !== '__proto__'
    ? name
    : name === '__proto__'
      ? "['__proto__']"
      : stringLiteral(name)

/** As it stands between the quotes of JSON. */
const jsonText = (text: string): string => JSON.stringify(text).slice(1, -1)

function patternLiteral(pattern: string): string {
  const plain = pattern.replaceAll(/[^\x20-\x7e]/g, '.')
  return `/${plain}/`
}

/** Whether the person was told that it is so. */
const isMet = (expects: Expectation, { output, exitCode }: ProgramAct): boolean =>
  'status' in expects ? exitCode === expects.status : output.includes(expects.text) !== expects.not

function unmetText(expects: Expectation, { command, exitCode }: ProgramAct): string {
  const wanted =
    'status' in expects ? `exit ${expects.status}` : `${expects.not ? 'not ' : ''}say ${expects.text}`
  return `${command}: it must ${wanted}; when it was recorded it exited ${exitCode}`
}

/** A text that was expected, and how it stands in an answer. */
interface Said {
  text: string
  pattern: string
}

/** Those that a call's own answer says. */
const textsSaid = ({ expects }: ProgramAct, { answer }: CallNote): Said[] =>
  expects.flatMap((one) => {
    const pattern = 'text' in one && !one.not ? patternIn(answer, one.text) : undefined
    return 'text' in one && pattern !== undefined ? [{ text: one.text, pattern }] : []
  })

/** How a text stands in an answer that was sent, as a pattern: in a text of it, or across the form of its JSON. Undefined when it does not. */
function patternIn(answer: unknown, text: string): string | undefined {
  const sent = JSON.stringify(answer ?? '')
  if (sent.includes(jsonText(text))) return patternText(jsonText(text))
  const words = text.split(/\s+/).filter(Boolean)
  return words.length > 0 && sent.replaceAll(/\s+/g, '').includes(words.join(''))
    ? words.map(patternText).join(String.raw`\s*`)
    : undefined
}

/** Whether a service says it in a text of its answer, and not by how the answer is made. */
function saysInWords(answer: unknown, text: string): boolean {
  if (typeof answer === 'string') return answer.includes(text)
  return typeof answer === 'object' && answer !== null
    ? Object.values(answer).some((one) => saysInWords(one, text))
    : false
}

const optionsOf = (options: readonly string[]): string =>
  options.length === 0 ? '' : `, { ${options.join(', ')} }`

const versionOf = ({ version }: CallNote): string[] =>
  version === undefined || isBase(version) ? [] : [`headers: ${versionHeader(version)}`]

/** The version of a client that asks for none. */
const isBase = (version: string): boolean => /(^| )(2\.1|3\.0)$/.test(version)

/** `compute 2.79`, as the header has it (api-ref, "Microversions"). */
const versionHeader = (version: string): string => `{ 'openstack-api-version': ${stringLiteral(version)} }`

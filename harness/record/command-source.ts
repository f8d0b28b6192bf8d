import { maskSecrets } from '../openstack/index.js'
import { withoutEnd } from '../without-end.js'
import type { CommandAct } from './acts.js'
import { commandLine } from './command-line.js'
import { stepName, type Draft, type Part } from './draft.js'
import { lastingText } from './lasting-text.js'
import { rawTemplateText, stringLiteral } from './literal.js'
import type { Before } from './note.js'

const minute = 60_000
/** How long `run` lets a command run, and `waitUntil` waits, unless told otherwise, ms. */
const usual = { run: 2 * minute, wait: 5 * minute }
/** A wait for what the person did not see in the end, ms: at least. */
const shortest = 30_000

type TextExpectation = { text: string; not: boolean }

/** Writes what was done on nodes. */
export class CommandSource {
  readonly #draft: Draft
  /** The variable of the scenario that has what a variable of a shell had, by both. */
  readonly #values = new Map<string, string>()

  constructor(draft: Draft) {
    this.#draft = draft
  }

  part(act: CommandAct): Part {
    const name = stepName(`${act.node}: ${act.command}`)
    const uses = act.before.flatMap((one) => this.#valueOf(one) ?? [])
    if (act.assigns !== undefined) return { name, uses, ...this.#assignment(act, act.assigns) }
    return { name, uses, lines: this.#lines(act), gives: [] }
  }

  #assignment(act: CommandAct, shellVariable: string): Pick<Part, 'lines' | 'gives'> {
    const lasting = act.isLate ? this.#wait(act) : this.#run(act)
    const call = act.isLate ? `(await ${lasting}).trim()` : `await ${lasting}`
    const variable = this.#draft.variable(shellVariable)
    this.#values.set(valueKey(shellVariable, withoutEnd(act.stdout, '\n')), variable)
    return { lines: [`const ${variable} = ${call}`], gives: [variable] }
  }

  #lines(act: CommandAct): string[] {
    const { exitCode, expects, isLast } = act
    const texts = expects.filter((one) => 'text' in one)
    const status = expects.find((one) => 'status' in one)?.status
    if (exitCode === undefined) return [`await ${this.#run(act)}`]
    if (exitCode !== 0 || status !== undefined || texts.some(({ text }) => onlySaidAside(act, text)))
      return this.#whateverStatus(act, texts, status)
    if (texts.length > 0) return this.#says(act, texts)
    return isLast ? this.#lastSeen(act) : [`await ${act.isLate ? this.#wait(act) : this.#run(act)}`]
  }

  /** A command whose exit status is itself what was seen. */
  #whateverStatus(act: CommandAct, texts: TextExpectation[], status: number | undefined): string[] {
    const { exitCode, isLast, tries } = act
    if (texts.length === 0 && status === undefined) {
      if (!isLast) return [`// It exited ${exitCode ?? 'with the node'}.`, `await ${this.#execute(act)}`]
      if (tries > 0) return [`await ${this.#wait(act, unseenTimeout(act))}`]
    }
    const expect = this.#draft.uses('expect')
    // Several commands may be parts of one step: each has variables of its own.
    const result = this.#draft.variable('result')
    const aside = `${result}.stderr.toString()`
    const all = `\`\${${result}.stdout.toString()}\${${aside}}\``
    const checks = texts.map((one) => `${expect}(${all})${contains(one)}`)
    const wanted = status ?? (texts.length === 0 ? 0 : undefined)
    if (wanted !== undefined) checks.unshift(`${expect}(${result}.exitCode, ${aside}).toBe(${wanted})`)
    return [`const ${result} = await ${this.#execute(act)}`, ...checks]
  }

  #says(act: CommandAct, texts: TextExpectation[]): string[] {
    const [first, ...rest] = texts
    const said = texts.length > 1 ? this.#draft.variable('said') : ''
    if (act.isLate && first && !first.not) {
      const wait = this.#waitForOutput(act, stringLiteral(first.text), first.text)
      if (rest.length === 0) return [`await ${wait}`]
      const checks = rest.map((one) => `${this.#draft.uses('expect')}(${said})${contains(one)}`)
      return [`const ${said} = await ${wait}`, ...checks]
    }
    const expect = this.#draft.uses('expect')
    if (texts.length === 1 && first) return [`${expect}(await ${this.#run(act)})${contains(first)}`]
    return [
      `const ${said} = await ${this.#run(act)}`,
      ...texts.map((one) => `${expect}(${said})${contains(one)}`),
    ]
  }

  #lastSeen(act: CommandAct): string[] {
    const lasting = lastingText(maskSecrets(act.stdout))
    if (lasting === undefined) return [`await ${act.isLate ? this.#wait(act) : this.#run(act)}`]
    const { matcher, argument } = lasting
    if (!act.isLate) return [`${this.#draft.uses('expect')}(await ${this.#run(act)}).${matcher}(${argument})`]
    return [`await ${this.#waitForOutput(act, matcher === 'toBe' ? argument : inLine(argument))}`]
  }

  /** @param text what is waited for, where it may not have been seen */
  #waitForOutput(act: CommandAct, wanted: string, text?: string): string {
    const { node } = act
    const timeout = text === undefined || act.stdout.includes(text) ? waitTimeout(act) : unseenTimeout(act)
    const condition = `${this.#draft.uses('output')}(${this.#draft.node(node)}, ${wanted})${this.#template(act)}`
    return `${this.#draft.uses('waitFor')}(${condition}${timeout === undefined ? '' : `, { timeout: '${timeout}' }`})`
  }

  #run(act: CommandAct): string {
    const lasted = act.ended - act.began
    const options = lasted > usual.run / 2 ? `({ timeout: '${minutes(lasted * 3)}' })` : ''
    return `${this.#draft.node(act.node)}.run${options}${this.#template(act)}`
  }

  #wait(act: CommandAct, timeout = waitTimeout(act)): string {
    const options = timeout === undefined ? '' : `({ timeout: '${timeout}' })`
    return `${this.#draft.node(act.node)}.waitUntil${options}${this.#template(act)}`
  }

  /** Whatever its exit status. Its time limit is that of `run`. */
  #execute(act: CommandAct): string {
    const lasted = act.ended - act.began
    const options = lasted > usual.run / 2 ? `, { timeout: '${minutes(lasted * 3)}' }` : ''
    return `${this.#draft.node(act.node)}.execute(${this.#text(act)}${options})`
  }

  /** As a template whose values become words. */
  #template({ before, command }: CommandAct): string {
    const words = before.map((one) => {
      const value = this.#valueOf(one)
      if (value !== undefined && 'variable' in one) return `export ${one.variable}=\${${value}}`
      return evaluated(commandLine([one], '').replace(/ && $/, ''))
    })
    return `\`${[...words, evaluated(command)].join(' && ')}\``
  }

  /** As one expression of a text. */
  #text({ before, command }: CommandAct): string {
    const pieces: string[] = []
    let text = ''
    for (const one of before) {
      const value = this.#valueOf(one)
      if (value !== undefined && 'variable' in one) {
        pieces.push(
          stringLiteral(`${text}export ${one.variable}=`),
          `${this.#draft.uses('quoteWord')}(${value})`,
        )
        text = ' && '
      } else text += commandLine([one], '')
    }
    return [...pieces, stringLiteral(text + command)].join(' + ')
  }

  #valueOf(one: Before): string | undefined {
    return 'variable' in one ? this.#values.get(valueKey(one.variable, one.value)) : undefined
  }
}

const valueKey = (variable: string, value: string): string => `${variable}=${value}`

/** What cannot stand in a template as it is becomes one word, which the shell reads as it read what was typed. */
const evaluated = (text: string): string => rawTemplateText(text) ?? `eval \${${stringLiteral(text)}}`

const contains = ({ text, not }: TextExpectation): string =>
  `${not ? '.not' : ''}.toContain(${stringLiteral(text)})`

/** A condition looks at all that was printed, with the end of its last line. */
const inLine = (pattern: string): string => pattern.replace(/\$\/$/, String.raw`\n?$/`)

/** Whether a text was said on standard error only. */
const onlySaidAside = ({ stdout, stderr }: CommandAct, text: string): boolean =>
  !stdout.includes(text) && stderr.includes(text)

const minutes = (ms: number): string => `${Math.max(1, Math.ceil(ms / minute))}min`

const waitTimeout = ({ lasted }: CommandAct): string | undefined =>
  lasted > usual.wait / 3 ? minutes(lasted * 3) : undefined

/** For what the person had given up on: it shall fail as it did, and not for longer. */
const unseenTimeout = ({ lasted }: CommandAct): string =>
  `${Math.ceil(Math.max(shortest, Math.min(lasted, 5 * minute)) / 1000)}s`

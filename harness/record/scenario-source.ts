import type { Act } from './acts.js'
import { CallSource } from './call-source.js'
import { CommandSource } from './command-source.js'
import { Draft, type Part, type Subject } from './draft.js'
import { commentText, stringLiteral } from './literal.js'
import { PageSource } from './page-source.js'

/** The text of a scenario that does what was done, before it is formatted. */
export function scenarioSource(acts: readonly Act[], subject: Subject): string {
  const draft = new Draft(subject)
  const commands = new CommandSource(draft)
  const calls = new CallSource(draft)
  const pages = new PageSource(draft)
  const parts = acts.flatMap((act): Part[] => {
    switch (act.kind) {
      case 'command':
        return [commands.part(act)]
      case 'program':
        return [calls.part(act)]
      case 'page':
        return [pages.part(act)]
      case 'gap':
        return [gapPart(act.what, act.why)]
    }
  })
  const sections = acts.map(({ section }) => section)
  const body = steps(
    parts.map((part, index) => ({ ...part, section: sections[index] })),
    draft,
  )
  return [...head(draft), ...draft.opening, ...body, '})', ''].join('\n')
}

const gapPart = (what: string, why: string): Part => ({
  ...{ name: '', gives: [], uses: [] },
  lines: [`// Left out: ${commentText(what)} (${commentText(why)}).`],
})

function head({ subject, imports, fixtures, access }: Draft): string[] {
  const { title, remarks, start, harness, ports } = subject
  const named = [...new Set(['scenario', ...imports])].toSorted((a, b) => a.localeCompare(b))
  const asked = [...fixtures].toSorted((a, b) => a.localeCompare(b))
  // A person leaves things in the middle; a scenario says so (docs/scenarios.md, "Invariants").
  const options = ports === undefined ? '' : ', { invariants: false }'
  return [
    ...['/**', ` * ${commentText(title)}`, ' *'],
    ...[...remarks.map((remark) => ` * ${commentText(remark)}`), ' */'],
    `import { ${named.join(', ')} } from ${stringLiteral(harness)}`,
    `import { ${start.variable} } from ${stringLiteral(start.from)}`,
    '',
    `const test = scenario(${start.variable}${options})`,
    ...(access === undefined ? [] : [access]),
    '',
    `test(${stringLiteral(title)}, async ({ ${asked.join(', ')} }) => {`,
  ]
}

/** Parts of one section are one step; each other part is a step of its own, and what is only a comment is none. */
function steps(parts: readonly Part[], draft: Draft): string[] {
  const groups: Part[][] = []
  for (const part of parts) {
    const last = groups.at(-1)
    if (last && part.section !== undefined && last[0]?.section === part.section) last.push(part)
    else groups.push([part])
  }
  return groups.flatMap((group, index) => {
    const later = groups.slice(index + 1).flat()
    return step(group, new Set(later.flatMap(({ uses }) => uses)), draft)
  })
}

/** @param wanted variables that later steps use */
function step(group: readonly Part[], wanted: ReadonlySet<string>, draft: Draft): string[] {
  const used = new Set([...wanted, ...group.flatMap(({ uses }) => uses)])
  const lines = group
    .flatMap((part) =>
      part.lines.map((line) => {
        const isUnused = part.gives.some((name) => !used.has(name) && line.startsWith(`const ${name} = `))
        return isUnused ? unnamed(line) : line
      }),
    )
    .filter((line) => !isReading(line))
  if (lines.every((line) => line.startsWith('//'))) return lines
  const [first] = group
  const name = first?.section ?? group.find((part) => part.name !== '')?.name ?? 'what was done'
  const gives = group.flatMap((part) => part.gives).filter((one) => wanted.has(one))
  const given = gives.length === 1 ? (gives[0] ?? '') : `{ ${gives.join(', ')} }`
  const [only = ''] = lines
  const [, value] = /^(?:const \w+ = )?await (.*)$/s.exec(only) ?? []
  // One expression, unless it waits for another inside.
  if (lines.length === 1 && value !== undefined && !/\bawait\b/.test(value) && gives.length < 2) {
    const result = gives.length === 0 ? '' : `const ${given} = `
    return [`${result}await ${draft.fixture('step')}(${stringLiteral(name)}, () => ${value})`, '']
  }
  const [before, after] = gives.length === 0 ? ['', []] : [`const ${given} = `, [`return ${given}`]]
  return [
    `${before}await ${draft.fixture('step')}(${stringLiteral(name)}, async () => {`,
    ...lines,
    ...after,
    '})',
    '',
  ]
}

/** What only reads from an answer that a variable has. */
const isReading = (line: string): boolean => /^\w+\.at\([^()]*\)$/.test(line)

/** A statement whose value nobody needs. One that begins with a parenthesis would be a call of the line before. */
const unnamed = (line: string): string =>
  line
    .replace(/^const \w+ = /, '')
    .replace(/^\((await .*)\)\.(at|trim)\([^()]*\)$/s, '$1')
    .replace(/^\(/, ';(')

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { expect, test } from 'vitest'
import { projectFolder } from '../paths.js'
import { commandLine } from './main.js'

const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...readdirSync(join(projectFolder, 'docs')).map((file) => `docs/${file}`),
].filter((file) => /\.(md|yml|slurm)$/.test(file))
const all = await commandLine()

/** The text of a page; of a script, with a word for each variable and each `${{ … }}` of GitHub's. */
function textOf(page: string): string {
  const text = readFileSync(join(projectFolder, page), 'utf8')
  if (page.endsWith('.md')) return text
  return text
    .replaceAll('node "$program"', 'npx stackrig')
    .replaceAll(' "$@"', '')
    .replaceAll(/\$\{\{.*?\}\}|"?\$(\{[^}]*\}|\w+)"?/g, '1')
}

/** What a page tells a person to type, without comments, and what only stands for something: `[--step N]`, `…`. */
function typedOn(page: string): string[] {
  const text = textOf(page)
  return [...text.matchAll(/npx stackrig ((?:(?!npx stackrig)[^`\n])+)/g)].map(([, words = '']) =>
    words
      .replace(/\s+#.*|\s*(&&|;|\|).*/, '')
      .replace(/[[\]…,.)]+(?=\s|$)|\[/g, '')
      .replace(/ N$/, ' 1')
      .trim(),
  )
}

/** Why a person would be refused who types it; undefined when it can be run. */
function refusal(command: Command, words: readonly string[]): string | undefined {
  const [name = '', ...rest] = words
  const sub = command.commands.find((one) => one.name() === name)
  if (sub) return refusal(sub, rest)
  if (words.includes('--help')) return undefined
  const { operands, unknown } = command.parseOptions([...words])
  const [option] = unknown
  const isDone = option === undefined || option === '--'
  if (!isDone) return `${command.name()} does not know ${option}`
  const arguments_ = command.registeredArguments
  if (arguments_.length === 0 && operands.length > 0 && option === undefined)
    return `${command.name()} does not know ${operands[0] ?? ''}`
  const required = arguments_.filter((argument) => argument.required).length
  return operands.length < required && option === undefined ? `${command.name()} wants more words` : undefined
}

const typed = pages.flatMap((page) => [...new Set(typedOn(page))].map((words) => [words, page] as const))

test('the pages have commands', () => {
  expect(typed.length).toBeGreaterThan(40)
  for (const script of ['docs/nightly.github.yml', 'docs/nightly.slurm'])
    expect(typedOn(script)).not.toEqual([])
})

test.each(typed)('npx stackrig %s (%s) can be typed', (words) => {
  if (words.startsWith('COMMAND')) return
  expect(refusal(all, words.split(/\s+/))).toBeUndefined()
})

test.each(['up --frosty', 'nowhere', 'golden melt', 'shell', 'ps now'])('npx stackrig %s cannot', (words) => {
  expect(refusal(all, words.split(' '))).toBeDefined()
})

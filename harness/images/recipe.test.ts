import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { parseRecipe, readBases, readRecipe, recipeNames } from './recipe.js'

const good = `
name: controller
role: controller
contract: debian-zed
builder: debian
base: node
packages: [postgresql]
disk: 8192
memory: 4096
cpus: 2
`

describe('the form of a recipe', () => {
  test('defaults', () => {
    expect(parseRecipe(good, 'recipe.yaml')).toMatchObject({ suite: 'bookworm', exclude: [], include: [] })
  })

  test.each([
    ['an unknown key', good + 'memroy: 1\n', /memroy/],
    ['an alias to nowhere', good.replace('cpus: 2', 'cpus: *two'), /two/],
    ['a missing key', good.replace('memory: 4096\n', ''), /memory: /],
    ['a bad value', good.replace('cpus: 2', 'cpus: two'), /cpus: /],
    ['a program that is no path', good + 'postpone: [manage.py]\n', /postpone.*path of a program/],
    ['an unknown role', good.replace('role: controller', 'role: boss'), /role: .*controller/],
    ['an unknown builder', good.replace('builder: debian', 'builder: rpm'), /builder: /],
    ['no YAML', 'name: [', /YAML/],
  ])('%s is named, with the file', (_what, text, problem) => {
    const parse = () => parseRecipe(text, '/x/recipe.yaml')
    expect(parse).toThrow(problem)
    expect(parse).toThrow('/x/recipe.yaml')
    expect(parse).toThrow(expect.objectContaining({ code: 'LOCK_INVALID' }))
  })
})

describe('bases', () => {
  /** A folder with a recipe for each name, on top of the bases that it is given. */
  function recipes(bases: Record<string, string>): string {
    const parent = mkdtempSync(join(tmpdir(), 'stackrig-recipes-'))
    onTestFinished(() => rmSync(parent, { recursive: true }))
    for (const [name, base] of Object.entries(bases)) {
      mkdirSync(join(parent, name))
      const text = good.replace('name: controller', `name: ${name}`).replace('base: node', `base: ${base}`)
      writeFileSync(join(parent, name, 'recipe.yaml'), text)
    }
    return parent
  }
  const basesOf = (name: string, parent: string): string[] =>
    readBases(readRecipe(name, parent)).map(({ recipe }) => recipe.name)

  test('come in the order they are named in, after their own bases, each once', () => {
    const parent = recipes({ node: '[]', left: 'node', right: '[node]', top: '[right, left]' })
    expect(basesOf('node', parent)).toEqual([])
    expect(basesOf('left', parent)).toEqual(['node'])
    expect(basesOf('top', parent)).toEqual(['node', 'right', 'left'])
  })

  test('a recipe that builds on itself is refused', () => {
    const parent = recipes({ left: 'right', right: 'left' })
    expect(() => basesOf('left', parent)).toThrow(/right, whose base is left/)
  })
})

describe('the recipes of this repository', () => {
  test('all are of the form, and their bases too', () => {
    expect(recipeNames()).toEqual(expect.arrayContaining(['instance', 'pocket']))
    for (const name of recipeNames()) readBases(readRecipe(name))
  })

  test('a name without a recipe says which there are', () => {
    expect(() => readRecipe('nosuch')).toThrow(/recipes: .*pocket/)
  })
})

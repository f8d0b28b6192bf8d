import { describe, expect, test } from 'vitest'
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
    ['a missing key', good.replace('memory: 4096\n', ''), /memory: /],
    ['a bad value', good.replace('cpus: 2', 'cpus: two'), /cpus: /],
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

describe('the recipes of this repository', () => {
  test('all are of the form, and their bases too', () => {
    expect(recipeNames()).toEqual(expect.arrayContaining(['instance', 'pocket']))
    for (const name of recipeNames()) readBases(readRecipe(name))
  })

  test('a name without a recipe says which there are', () => {
    expect(() => readRecipe('nosuch')).toThrow(/recipes: .*pocket/)
  })
})

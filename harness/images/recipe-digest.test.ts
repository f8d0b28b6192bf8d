import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { recipeDigest } from './recipe-digest.js'
import { readRecipe } from './recipe.js'

let parent: string
const common = 'contract: c\nbuilder: debian\npackages: []\ndisk: 100\nmemory: 64\ncpus: 1\n'
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'stackrig-recipes-'))
  for (const name of ['app', 'base']) mkdirSync(join(parent, name, 'files'), { recursive: true })
  writeFileSync(join(parent, 'app', 'recipe.yaml'), `name: app\nrole: compute\nbase: base\n${common}`)
  writeFileSync(join(parent, 'base', 'recipe.yaml'), `name: base\nrole: node\n${common}`)
  writeFileSync(join(parent, 'app', 'files', 'x'), 'x')
})
afterEach(() => rmSync(parent, { recursive: true }))

const digest = () => recipeDigest(readRecipe('app', parent))

test('depends on nothing but what the image is made from', () => {
  const before = digest()
  const copy = mkdtempSync(join(tmpdir(), 'stackrig-recipes-'))
  cpSync(parent, copy, { recursive: true })
  expect(recipeDigest(readRecipe('app', copy))).toBe(before)
  rmSync(copy, { recursive: true })
  writeFileSync(join(parent, 'app', 'README'), 'not part of the image')
  expect(digest()).toBe(before)
})

test('every base counts, also one that a base builds on', () => {
  const before = digest()
  mkdirSync(join(parent, 'deeper'))
  writeFileSync(join(parent, 'deeper', 'recipe.yaml'), `name: deeper\nrole: node\n${common}`)
  writeFileSync(join(parent, 'base', 'recipe.yaml'), `name: base\nrole: node\nbase: [deeper]\n${common}`)
  const deeper = digest()
  expect(deeper).not.toBe(before)
  writeFileSync(join(parent, 'deeper', 'customize'), '#!/bin/sh')
  expect(digest()).not.toBe(deeper)
})

test.each([
  ['a file', () => writeFileSync(join(parent, 'app', 'files', 'x'), 'y')],
  ['a mode', () => chmodSync(join(parent, 'app', 'files', 'x'), 0o755)],
  ['a link', () => symlinkSync('nowhere', join(parent, 'app', 'files', 'link'))],
  ['the script', () => writeFileSync(join(parent, 'app', 'customize'), '#!/bin/sh')],
  ['a file of the base', () => writeFileSync(join(parent, 'base', 'files', 'z'), '')],
])('%s changes it', (_what, change) => {
  const before = digest()
  change()
  expect(digest()).not.toBe(before)
})

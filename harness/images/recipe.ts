import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'
import { StackrigError } from '../errors/index.js'
import { packageFolder, projectFolder } from '../paths.js'
import { listProblems } from './schema-problems.js'
import { parseYaml } from './yaml-text.js'

const name = z.string().regex(/^[a-z][a-z0-9-]*$/, 'lower case letters, digits and dashes, a letter first')
const packageName = z.string().regex(/^[a-z0-9][a-z0-9+.-]*$/, 'a Debian package name')
const mebibytes = z
  .int()
  .positive()
  .max(1024 * 1024)

/** In dpkg's configuration a line of its own. */
const pathPattern = z.string().regex(/^\/[^\p{Cc}]+$/u, 'a path of one line that begins with a slash')

const everyRecipe = {
  name,
  role: z.enum(['controller', 'compute', 'network', 'all-in-one', 'node', 'instance', 'pocket']),
  contract: name,
  /** The release of Debian that packages come from. */
  suite: z
    .string()
    .regex(/^[a-z][a-z0-9-]*$/, 'the code name of a Debian release')
    .default('bookworm'),
  /** Memory of a node of this image, MiB. */
  memory: mebibytes,
  cpus: z.int().min(1).max(64),
  /** Words added to the kernel command line. */
  cmdline: z.string().optional(),
}

const smallKernel = {
  /** The Debian meta package whose kernel is booted. */
  kernel: packageName.default('linux-image-cloud-amd64'),
  /** Kernel modules that init loads, in this order; what they depend on comes along. */
  modules: z.array(z.string().regex(/^[A-Za-z0-9_-]+$/, 'a kernel module name')),
}

const recipeSchema = z.discriminatedUnion('builder', [
  z.strictObject({
    ...everyRecipe,
    builder: z.literal('debian'),
    /** The recipes that come first, in this order; the bases of a base come before it. */
    base: z.union([name.transform((base) => [base]), z.array(name)]).default([]),
    packages: z.array(packageName),
    /** Packages of the bases that this image does not get. */
    without: z.array(packageName).default([]),
    /** dpkg's path-exclude and path-include patterns. */
    exclude: z.array(pathPattern).default([]),
    include: z.array(pathPattern).default([]),
    /** Programs that do nothing while packages are installed; `customize` does their work. */
    postpone: z.array(z.string().regex(/^(\/[A-Za-z0-9._-]+)+$/, 'the path of a program')).default([]),
    /** Size of the root file system, MiB. */
    disk: mebibytes,
  }),
  z.strictObject({ ...everyRecipe, ...smallKernel, builder: z.literal('initramfs') }),
  z.strictObject({
    ...everyRecipe,
    ...smallKernel,
    builder: z.literal('disk'),
    /** Size of the disk, MiB. */
    disk: mebibytes,
  }),
])

/** How an image is built, as written in `fixtures/images/NAME/recipe.yaml`. */
export type Recipe = z.infer<typeof recipeSchema>
export type DebianRecipe = Extract<Recipe, { builder: 'debian' }>
export type InitramfsRecipe = Extract<Recipe, { builder: 'initramfs' }>
export type DiskRecipe = Extract<Recipe, { builder: 'disk' }>

/** A recipe and the folder it was read from (its `files/` and `customize` lie there). */
export interface RecipeInFolder<R extends Recipe = Recipe> {
  recipe: R
  folder: string
}

const shippedRecipes = join(packageFolder, 'fixtures', 'images')

/** The project's own recipes, and those that come with stackrig; of one name the project's counts. */
const recipeFolders = [...new Set([join(projectFolder, 'fixtures', 'images'), shippedRecipes])]

/** The names of all recipes an image can be built from (not those that only serve as a base), sorted. */
export function recipeNames(): string[] {
  const names = recipeFolders
    .filter((folder) => existsSync(folder))
    .flatMap((folder) =>
      readdirSync(folder).filter((entry) => existsSync(join(folder, entry, 'recipe.yaml'))),
    )
  return [...new Set(names)].filter((name) => readRecipe(name).recipe.role !== 'node').sort()
}

/**
 * Reads the recipe of an image.
 * Throws LOCK_INVALID when it is not of the documented form, IMAGE_MISSING when there is no such recipe.
 */
export function readRecipe(image: string, ...parents: string[]): RecipeInFolder {
  const places = parents.length > 0 ? parents : recipeFolders
  const found = places.find((parent) => existsSync(join(parent, image, 'recipe.yaml')))
  const folder = join(found ?? places[0] ?? '', image)
  const file = join(folder, 'recipe.yaml')
  if (!existsSync(file)) {
    throw new StackrigError('IMAGE_MISSING', `There is no recipe for an image "${image}".`, {
      where: file,
      seen: `recipes: ${parents.length === 0 ? recipeNames().join(', ') : 'none'}`,
    })
  }
  const recipe = parseRecipe(readFileSync(file, 'utf8'), file)
  if (recipe.name !== image) {
    throw new StackrigError('LOCK_INVALID', 'A recipe has the name of its folder.', {
      where: file,
      seen: `name: ${recipe.name} in a folder named ${image}`,
    })
  }
  return { recipe, folder }
}

/** The recipe in the text of a `recipe.yaml`; `file` is what an error names. Throws LOCK_INVALID. */
export function parseRecipe(text: string, file: string): Recipe {
  const yaml = parseYaml(text)
  if ('problem' in yaml) {
    throw new StackrigError('LOCK_INVALID', 'The recipe is not YAML.', {
      where: file,
      seen: yaml.problem,
    })
  }
  const parsed = recipeSchema.safeParse(yaml.content)
  if (!parsed.success) {
    throw new StackrigError('LOCK_INVALID', 'The recipe is not of the documented form.', {
      where: file,
      seen: listProblems(parsed.error),
      next: 'docs/images.md lists every key of a recipe.',
    })
  }
  return parsed.data
}

/**
 * The recipes this one builds on, in the order in which they are applied, each once.
 * Throws like readRecipe, and LOCK_INVALID for an unfit base.
 */
export function readBases({ recipe, folder }: RecipeInFolder): RecipeInFolder<DebianRecipe>[] {
  const found = new Map<string, RecipeInFolder<DebianRecipe>>()
  const add = (below: Recipe, above: readonly string[]): void => {
    if (below.builder !== 'debian') return
    for (const name of below.base) {
      const base = readRecipe(name, join(folder, '..'), shippedRecipes)
      if (base.recipe.builder !== 'debian' || above.includes(name)) {
        throw new StackrigError('LOCK_INVALID', 'A base is another recipe of the builder "debian".', {
          where: join(folder, 'recipe.yaml'),
          seen: `base: ${[...above.slice(1), name].join(', whose base is ')}`,
        })
      }
      add(base.recipe, [...above, name])
      found.set(name, { recipe: base.recipe, folder: base.folder })
    }
  }
  add(recipe, [recipe.name])
  return [...found.values()]
}

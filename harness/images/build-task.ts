import type { BuildLog } from './program.js'
import type { DebianRecipe, Recipe, RecipeInFolder } from './recipe.js'

/** One build, as the builders see it. */
export interface BuildTask<R extends Recipe = Recipe> extends RecipeInFolder<R> {
  /** Whose packages, files and scripts come first, in this order. */
  bases: RecipeInFolder<DebianRecipe>[]
  /** The folder the artefacts go to; renamed to its final name when the build is complete. */
  output: string
  /** A folder for what is needed only while building. */
  scratch: string
  log: BuildLog
  /** The very packages it has, with their versions; without it, the newest of those that the recipe wants. */
  exact?: Readonly<Record<string, string>> | undefined
  /** Whether nothing an earlier build kept may be used. */
  fresh: boolean
  /** Says what is being done from now on. */
  step: (what: string) => void
  /** Writes `NAME.qemuboot.conf`. */
  writeConf: (values: Record<string, string>) => Promise<void>
}
